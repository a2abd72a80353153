/** @file The gradient of every operator, under its ONNX name: this namespace is the registry. */
export * from "./elementwise.ts";
export * from "./indexing.ts";
export * from "./layout.ts";
export * from "./products.ts";
export * from "./reductions.ts";
