/** @file Fresh directories, gone when the test file is over: usable in tests and in hooks. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

afterAll(() => {
  for (const dir of made.splice(0)) {
    try {
      rmSync(dir, { recursive: true, force: true });
    } catch {
      // What a test has shut stays shut to everybody but root.
      unlock(dir);
      rmSync(dir, { recursive: true, force: true });
    }
  }
});

function unlock(dir: string): void {
  chmodSync(dir, 0o700);
  for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isDirectory()) unlock(join(dir, entry.name));
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "uniconv-test-"));
  made.push(dir);
  return dir;
}
