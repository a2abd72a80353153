/** @file ONNX Runtime reports to nobody: it leaves no device id in the home directory. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { compiled } from "../helpers/compiled.ts";
import { tempDir } from "../helpers/temp.ts";

const module = (path: string) => JSON.stringify(compiled(`src/onnx/${path}.ts`));

test("a session leaves nothing in the home directory", () => {
  const home = tempDir();
  const { ORT_DISABLE_TELEMETRY: _, ...rest } = process.env;
  const script = `
    import { readdirSync } from "node:fs";
    const { GraphBuilder } = await import(${module("builder")});
    const { Session } = await import(${module("session")});
    const graph = new GraphBuilder();
    graph.output("y", graph.op("Add", [graph.input("x", "float32", [2]), graph.floats([1, 2], [2])]));
    const session = await Session.create(graph, { device: "cpu", threads: 1, optimize: false });
    const { y } = await session.run({ x: { data: Float32Array.of(1, 1), shape: [2] } });
    console.log(y.data.join());
    await session.release();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: { ...rest, HOME: home, XDG_CACHE_HOME: "" },
  });
  expect(stdout, stderr).toBe("2,3\n");
  expect(readdirSync(home)).toEqual([]);
});
