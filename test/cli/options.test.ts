/** @file From a schema to flags, variables, config files and presets. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { presetPath } from "../../src/cli/options/config-file.ts";
import { printConfig } from "../../src/cli/options/print-config.ts";
import { resolveOptions, validated } from "../../src/cli/options/resolve.ts";
import { optionSpecs } from "../../src/cli/options/spec.ts";
import { allCommands } from "../../src/cli/registry.ts";
import { UsageError } from "../../src/util/errors.ts";
import { tempDir } from "../helpers/temp.ts";

const Schema = z.strictObject({
  learning_rate: z.number().positive().default(0.1).describe("Rate").meta({ group: "training", alias: "lr" }),
  input: z.array(z.string()).default([]).describe("Inputs"),
  layers: z.array(z.int()).default([]),
  kinds: z.array(z.enum(["a", "b"])).default([]),
  resume: z.boolean().default(false),
  normalize: z.boolean().default(true),
  deep: z.boolean().optional(),
  device: z.union([z.literal("auto"), z.int()]).default("auto"),
  weights: z.record(z.string(), z.number()).default({}),
  mix: z.record(z.string(), z.strictObject({ weight: z.number(), cap: z.int().optional() })).default({}),
  stages: z.array(z.strictObject({ epochs: z.int() })).default([]),
  name: z.string().optional(),
});

interface Given {
  argv?: string[];
  environment?: Record<string, string>;
  presets?: string;
}

const resolved = ({ argv = [], environment = {}, presets }: Given, schema: z.ZodObject = Schema) =>
  resolveOptions({ name: "test", schema, argv, environment, ...(presets === undefined ? {} : { presets }) });
const options = (given: Given) => validated(resolved(given), "test");
const refusal = (given: Given): string => {
  try {
    options(given);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
};

describe("flags", () => {
  test.each([
    [["--learning-rate", "2e-5"], { learning_rate: 2e-5 }],
    [["--learning_rate=0.5"], { learning_rate: 0.5 }],
    [["--lr", "3"], { learning_rate: 3 }],
    [["--lr", "3", "--learning-rate", "4"], { learning_rate: 4 }],
    [["--input", "a,b", "--input", "--c"], { input: ["a,b", "--c"] }],
    [["--layers", "1,2", "--layers", "3"], { layers: [1, 2, 3] }],
    [["--kinds", "a,b"], { kinds: ["a", "b"] }],
    [["--resume"], { resume: true }],
    [["--resume", "--no-resume"], { resume: false }],
    [["--no-normalize"], { normalize: false }],
    [["--normalize"], { normalize: true }],
    [["--no-deep"], { deep: false }],
    [["--device", "2"], { device: 2 }],
    [["--device", "auto"], { device: "auto" }],
    [["--weights", "a=1", "--weights", "b=c=0.5"], { weights: { a: 1, "b=c": 0.5 } }],
    [["--name", "-1"], { name: "-1" }],
    [["--name", ""], { name: "" }],
  ])("%j mean %j", (argv, expected) => {
    expect(options({ argv })).toMatchObject(expected);
  });

  test("that were not given leave the defaults, and what has none absent", () => {
    expect(options({})).toEqual({
      learning_rate: 0.1,
      input: [],
      layers: [],
      kinds: [],
      resume: false,
      normalize: true,
      device: "auto",
      weights: {},
      mix: {},
      stages: [],
    });
  });

  test.each([
    [["--learning-rate", "0x10"], '--learning-rate: expected a number, found "0x10"'],
    [["--learning-rate", ""], '--learning-rate: expected a number, found ""'],
    [["--learning-rate", "Infinity"], "--learning-rate: expected a number"],
    [["--layers", "1.5"], "--layers[0]: expected a whole number"],
    [["--kinds", "long"], '--kinds[0]: expected a, b, found "long"'],
    [["--device", "gpu"], '--device: expected auto|N, found "gpu"'],
    [["--weights", "a"], "--weights.a: expected a number"],
    [["--mix", "x"], 'Unknown option "--mix": mix has a structure of its own'],
    [["--input"], "--input <input>"],
    [["extra"], 'Too many arguments among "extra"'],
    [["--lrr", "3"], 'Unknown option "--lrr"'],
  ])("%j are refused: %s", (argv, message) => {
    expect(refusal({ argv })).toContain(message);
  });

  test("keep any text as it is", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(options({ argv: [`--name=${name}`] })["name"]).toBe(name);
      }),
    );
  });

  test("keep any number to the last digit", () => {
    const positive = fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(positive, (rate) => {
        expect(options({ argv: ["--lr", String(rate)] })["learning_rate"]).toBe(rate);
      }),
    );
  });
});

describe("precedence", () => {
  const dir = (): string => {
    const folder = tempDir();
    writeFileSync(join(folder, "small.yaml"), "learning_rate: 1\nname: preset\ninput: [preset]\ndevice: 1\n");
    writeFileSync(join(folder, "run.yaml"), "learning_rate: 2\nname: file\ninput: [file]\npreset: small\nstages: [{ epochs: 2 }]\n");
    return folder;
  };

  test("is flag, variable, file, preset, default", () => {
    const folder = dir();
    const argv = ["--config", join(folder, "run.yaml"), "--learning-rate", "4"];
    const environment = { UNICONV_LEARNING_RATE: "3", UNICONV_NAME: "variable" };
    expect(options({ argv, environment, presets: folder })).toMatchObject({
      learning_rate: 4,
      name: "variable",
      input: ["file"],
      device: 1,
      stages: [{ epochs: 2 }],
      normalize: true,
    });
  });

  test("of --preset is above the preset a file names", () => {
    const folder = dir();
    writeFileSync(join(folder, "other.yaml"), "device: 7\n");
    const argv = ["--config", join(folder, "run.yaml"), "--preset", "other"];
    expect(options({ argv, presets: folder })).toMatchObject({ device: 7, name: "file" });
  });

  test("leaves `preset` to a command that has its own", () => {
    const own = z.strictObject({ preset: z.enum(["nano", "mini"]).default("nano") });
    expect(validated(resolved({ argv: ["--preset", "mini"] }, own), "test")).toEqual({ preset: "mini" });
    const file = join(dir(), "own.yaml");
    writeFileSync(file, "preset: mini\n");
    expect(validated(resolved({ argv: ["--config", file] }, own), "test")).toEqual({ preset: "mini" });
  });

  test("of a variable: several values as JSON, switches in words", () => {
    const environment = { UNICONV_INPUT: '["a", "b"]', UNICONV_RESUME: "yes", UNICONV_NORMALIZE: "0", UNICONV_MIX: '{"x": {"weight": 2}}' };
    expect(options({ environment })).toMatchObject({ input: ["a", "b"], resume: true, normalize: false, mix: { x: { weight: 2 } } });
    expect(options({ environment: { UNICONV_INPUT: "one" } })).toMatchObject({ input: ["one"] });
    expect(refusal({ environment: { UNICONV_RESUME: "perhaps" } })).toContain('UNICONV_RESUME: expected a boolean, found "perhaps"');
  });

  test("knows no preset that is not there", () => {
    expect(() => presetPath("smal", dir())).toThrow('There is no preset "smal". Did you mean "small"? The presets are: run, small.');
    expect(() => presetPath("../run", dir())).toThrow(UsageError);
  });
});

describe("config files", () => {
  test("refuse unknown keys at any depth, with what is near or what there is", () => {
    const file = join(tempDir(), "run.yaml");
    writeFileSync(file, "learning-rate: 1\nzzz: 1\nmix:\n  x: { weight: 1, capp: 2 }\n");
    const message = refusal({ argv: ["--config", file] });
    expect(message).toContain('unknown key "learning-rate". Did you mean "learning_rate"?');
    expect(message).toContain('unknown key "zzz". Known here: learning_rate, input,');
    expect(message).toContain('mix.x: unknown key "capp". Did you mean "cap"?');
  });

  test("with many unknown keys, as a preset of another command has, are refused in one screen", () => {
    const file = join(tempDir(), "run.yaml");
    writeFileSync(file, Array.from({ length: 40 }, (_, i) => `zzz${i}: 1\n`).join(""));
    const message = refusal({ argv: ["--config", file] });
    expect(message).toContain(
      'unknown keys "zzz0", "zzz1", "zzz2", "zzz3" and 36 more (is it for another command?). Known here: learning_rate,',
    );
    expect(message.match(/Known here/g)).toHaveLength(1);
  });

  test("may be written in JSON", () => {
    const file = join(tempDir(), "run.json");
    writeFileSync(file, '{"learning_rate": 5, "mix": {"x": {"weight": 1}}}');
    expect(options({ argv: ["--config", file] })).toMatchObject({ learning_rate: 5, mix: { x: { weight: 1 } } });
  });

  test("may be empty", () => {
    const file = join(tempDir(), "run.yaml");
    writeFileSync(file, "# nothing yet\n");
    expect(options({ argv: ["--config", file] })).toMatchObject({ learning_rate: 0.1 });
  });

  test("printed by --print-config and read again give the same options, whatever the values", () => {
    const file = join(tempDir(), "run.yaml");
    const any = fc.record({
      name: fc.string(),
      input: fc.array(fc.string()),
      learning_rate: fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }),
      weights: fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
    });
    fc.assert(
      fc.property(any, (given) => {
        writeFileSync(file, JSON.stringify(given));
        const first = resolved({ argv: ["--config", file] });
        const { yaml, values } = printConfig(first, "test");
        writeFileSync(file, yaml);
        expect(printConfig(resolved({ argv: ["--config", file] }), "test").values).toEqual(values);
        expect(values).toMatchObject({ name: given.name, input: given.input });
      }),
    );
  });
});

describe("every command", async () => {
  const commands = await allCommands();

  test.each(commands.map((command) => [command.name, command] as const))("%s: its examples parse", async (name, command) => {
    expect(command.examples.length).toBeGreaterThan(0);
    const schema = await command.options();
    for (const { run } of command.examples) {
      const called = /uniconv (\S+)\s*([^)>]*)/.exec(run)!;
      expect([name, ...command.aliases]).toContain(called[1]);
      const argv = called[2]!.trim().split(/\s+/).filter(Boolean);
      expect(() => validated(resolved({ argv }, schema), name)).not.toThrow();
    }
  });

  test.each(commands.map((command) => [command.name, command] as const))("%s: every option is described", async (_, command) => {
    const specs = optionSpecs(await command.options());
    expect(specs.filter(({ summary }) => summary === "").map(({ key }) => key)).toEqual([]);
    const spellings = specs.flatMap(({ flag, aliases }) => [flag, ...aliases]);
    expect(spellings.filter((name, index) => spellings.indexOf(name) !== index)).toEqual([]);
  });

  test("means the same by one name: an option has one form wherever it occurs", async () => {
    const forms = new Map<string, string>();
    for (const command of commands) {
      for (const { key, form, metavar } of optionSpecs(await command.options())) {
        // Several of them in some commands, one in others; a preset of sizes in init-model.
        if (["input", "run", "responses", "qrels", "preset"].includes(key)) continue;
        const described = `${form} ${metavar}`;
        expect([key, forms.get(key) ?? described]).toEqual([key, described]);
        forms.set(key, described);
      }
    }
  });
});
