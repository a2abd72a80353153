/** @file `uniconv doctor`: facts any machine can confirm, and advice for machines that are made up. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Check } from "../../src/doctor/check.ts";
import { cudaMajorFor, libraryFix, providerFix } from "../../src/doctor/cuda-advice.ts";
import { cudaOf, driverVersion, providerChecks, reasonIn } from "../../src/doctor/cuda.ts";
import { describeExamination } from "../../src/doctor/doctor.ts";
import { compareVersions, node, temporary } from "../../src/doctor/machine.ts";
import { availableThreads } from "../../src/util/threads.ts";
import { runCli } from "../cli/run-cli.ts";
import { compiled } from "../helpers/compiled.ts";
import { tempDir } from "../helpers/temp.ts";
import { elfFile } from "./elf-file.ts";

const Report = z.strictObject({
  format: z.literal("uniconv/result@1"),
  uniconv: z.string(),
  command: z.literal("doctor"),
  result: z.strictObject({
    ok: z.boolean(),
    checks: z.array(
      z.strictObject({
        id: z.string().regex(/^[a-z]+(\.\w+)+$/),
        name: z.string().min(1),
        status: z.enum(["ok", "absent", "broken"]),
        found: z.string().min(1),
        fix: z.array(z.string().min(1)).min(1).optional(),
        facts: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
});

describe("the command", () => {
  it("as JSON gives facts that can be checked, and what is absent with what brings it", async () => {
    compiled("src/doctor/cpu-job.ts");
    const { stdout, stderr, code } = await runCli(["doctor", "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const { ok, checks } = Report.parse(JSON.parse(stdout)).result;
    const check = (id: string) => checks.find((one) => one.id === id);
    expect(ok).toBe(true);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(check("machine.node")).toMatchObject({ status: "ok", facts: { version: process.versions.node } });
    expect(check("machine.platform")!.facts).toMatchObject({ platform: process.platform, arch: process.arch });
    expect(check("machine.cores")!.facts!["usable"]).toBe(availableThreads());
    expect(check("machine.disk")!.facts!["path"]).toBe(process.cwd());
    expect(check("runtime.onnxruntime")!.facts!["version"]).toBe("1.30.0");
    const trial = check("runtime.cpu")!.facts as { gflops: number; largest_error: number; bundled: string[] };
    expect(trial.gflops).toBeGreaterThan(0);
    expect(trial.largest_error).toBeLessThan(1e-4);
    expect(trial.bundled).toContain("cpu");
    for (const { id, status, fix } of checks)
      if (status === "absent" && !["cuda.library.libcudnn", "cuda.platform"].includes(id)) expect(fix, id).toBeDefined();
  });

  it("as text aligns marks and names without colours, and exits 1 where the temporary folder cannot be written", async () => {
    const { stdout, stderr, code } = await runCli(["doctor"], { env: { TMPDIR: join(tempDir(), "gone") } });
    expect(code).toBe(1);
    expect(stdout).not.toContain("\u001b");
    const named = stdout.split("\n").filter((line) => /^ {2}[✓–✗] /.test(line));
    expect(named.length).toBeGreaterThan(8);
    expect(new Set(named.map((line) => /^ {2}[✓–✗] .{1,24}? {2,}(?=\S)/.exec(line)![0].length)).size).toBe(1);
    expect(stdout).toMatch(/✗ temporary folder .*cannot be written/);
    expect(stdout).toContain("→ export TMPDIR=");
    expect(stderr).toContain("temporary folder");
  });
});

it("--device cuda on a machine without it is exit 5 and points to the doctor", () => {
  const script = `import { openDevice } from ${JSON.stringify(compiled("src/onnx/device.ts"))};
    const answer = await openDevice("cuda").catch((error) => ({ code: error.exitCode, message: error.message }));
    console.log(JSON.stringify(answer));`;
  // In a child: ONNX Runtime shouts on stderr.
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const answer = JSON.parse(stdout) as { device?: string; code?: number; message?: string };
  // A machine with CUDA opens it.
  if (answer.device === undefined) expect(answer).toEqual({ code: 5, message: expect.stringContaining("uniconv doctor") as string });
  else expect(answer.device).toBe("cuda:0");
});

describe("the provider", () => {
  const CUDA12 = ["libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10", "libcudart.so.12"];
  /** A folder like the binding's, with a provider that needs these libraries, on a machine that has those. */
  function machine({ needs, has }: { needs: readonly string[] | null; has: readonly string[] }): Check[] {
    const [bin, libraries] = [tempDir(), tempDir()];
    const cudaProvider = join(bin, "libonnxruntime_providers_cuda.so");
    if (needs) writeFileSync(cudaProvider, elfFile({ needed: [...needs, "libc.so.6"] }));
    for (const name of has) writeFileSync(join(libraries, name), elfFile({}));
    const search = { ldLibraryPath: libraries, cache: new Map<string, string>(), systemFolders: [] };
    return providerChecks({ package: "/pkg", version: "1.30.0", bin, cudaProvider }, { search, driver: null });
  }
  const status = (checks: Check[], id: string) => checks.find((check) => check.id === id)?.status;
  const fixOf = (checks: Check[], id: string) => checks.find((check) => check.id === id)?.fix?.join("\n") ?? "";

  it("for CUDA 12 with all its libraries leaves nothing to mend", () => {
    const checks = machine({ needs: CUDA12, has: CUDA12 });
    expect(checks.find(({ id }) => id === "cuda.provider")).toMatchObject({ status: "ok", facts: { cuda: 12 } });
    expect(checks.filter(({ status: one }) => one !== "ok").map(({ id }) => id)).toEqual(["cuda.library.libcudnn"]);
  });

  it("names the one library that is missing and its wheel", () => {
    const checks = machine({ needs: CUDA12, has: CUDA12.slice(1) });
    expect(status(checks, "cuda.library.libcublas")).toBe("ok");
    expect(status(checks, "cuda.library.libcublasLt")).toBe("absent");
    expect(fixOf(checks, "cuda.library.libcublasLt")).toContain("nvidia-cublas-cu12");
  });

  it("built for CUDA 13 is not served by CUDA 12", () => {
    const checks = machine({ needs: CUDA12.map((name) => name.replace(".so.12", ".so.13")), has: CUDA12 });
    expect(checks.find(({ id }) => id === "cuda.provider")!.facts).toMatchObject({ cuda: 13 });
    expect(status(checks, "cuda.library.libcurand")).toBe("ok");
    expect(fixOf(checks, "cuda.library.libcudart")).toContain("pip install --target ~/cuda nvidia-cuda-runtime\n");
    expect(fixOf(checks, "cuda.library.libcudart")).toContain("nvidia/cu13/lib");
  });

  it("that is not there is advised for the CUDA whose libraries are", () => {
    const without = (has: string[]) => fixOf(machine({ needs: null, has }), "cuda.provider");
    expect(without([])).toContain("ONNXRUNTIME_NODE_INSTALL=cuda12 node /pkg/script/install.js");
    expect(without(CUDA12)).toContain("cuda12");
    expect(without(CUDA12.map((name) => name.replace(".so.12", ".so.13")))).toContain("onnxruntime-gpu==1.30.0");
  });

  it("that was cut short in its download is no provider", () => {
    const bin = tempDir();
    const cudaProvider = join(bin, "libonnxruntime_providers_cuda.so");
    writeFileSync(cudaProvider, elfFile({ needed: CUDA12 }).subarray(0, 50));
    const search = { cache: new Map<string, string>(), systemFolders: [] };
    const [check] = providerChecks({ package: "/pkg", version: "1.30.0", bin, cudaProvider }, { search, driver: "580.65.06" });
    expect(check).toMatchObject({ status: "absent", found: expect.stringContaining("interrupted download") as string });
  });
});

describe("the parts", () => {
  it("advise CUDA 13 only to a driver that runs it", () => {
    const only13 = (major: number) => major === 13;
    expect(cudaMajorFor({ driver: "580.65.06", resolves: only13 })).toBe(13);
    expect(cudaMajorFor({ driver: "570.124.06", resolves: only13 })).toBe(12);
    expect(cudaMajorFor({ driver: null, resolves: () => false })).toBe(12);
    expect(providerFix(13, { package: "/pkg", version: "1.30.0", bin: "/bin" }).at(-1)).toBe(
      "mv /bin/libonnxruntime.so.1.30.0 /bin/libonnxruntime.so.1",
    );
    expect(libraryFix("libcurand.so.10", 12)[0]).toContain("nvidia-curand-cu12");
  });

  it("read the driver's version in both of its spellings", () => {
    expect(driverVersion("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version:")).toBe(
      "535.183.01",
    );
    expect(driverVersion("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build")).toBe("580.65.06");
    expect(driverVersion("something else")).toBeNull();
  });

  it("take the stamps off ONNX Runtime's errors", () => {
    const line =
      "\u0000 2026-01-02 03:04:05.6 [E:onnxruntime:Default, provider_bridge_ort.cc:1988 Get] Failed: libcublas.so.12: cannot open";
    expect(reasonIn(line)).toBe("Failed: libcublas.so.12: cannot open");
  });

  it("find no CUDA in libraries that name none", () => {
    expect(cudaOf(["libc.so.6", "libcuda.so.1"])).toBeNull();
  });

  it("refuse a Node older than package.json asks for", () => {
    expect(node("20.18.9", ">=20.19").status).toBe("broken");
    expect(node("20.19.0", ">=20.19").status).toBe("ok");
    expect(node("22.1.0", ">=20.19").status).toBe("ok");
    expect(compareVersions("1.2", "1.10")).toBeLessThan(0);
    expect(temporary(join(tempDir(), "none")).status).toBe("broken");
  });

  it("print what is broken with its fix, and count it", () => {
    const checks: Check[] = [{ id: "a.b", name: "thing", status: "broken", found: "gone\nwholly", fix: ["bring it"] }];
    expect(describeExamination({ sections: [{ title: "Part", checks }], broken: ["thing: gone"] })).toBe(
      ["Part", "  ✗ thing  gone", "           wholly", "           → bring it", "", "Something needed is broken: 1."].join("\n"),
    );
  });
});
