/** @file How the tests are run. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // No test is about time: these only end what hangs, on a machine that is busy with other work, too.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // ONNX Runtime, where a test loads it by itself: no device id in the home directory, no reports.
    env: { ORT_DISABLE_TELEMETRY: "1" },
  },
});
