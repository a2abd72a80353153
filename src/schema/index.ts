/** @file The contract between the stages: the only public API of the package (`uniconv/schema`). */
export * from "./records.ts";
export * from "./manifest.ts";
