/** @file What every reader of JSON must refuse, by file, line and reason. */
import { join } from "node:path";
import { z } from "zod";
import { Passage, RunLine, ScoreLine, TrainSample, Turn } from "../../src/schema/records.ts";
import { openArtifact, writeArtifact } from "../../src/util/artifact.ts";
import { readJson } from "../../src/util/files.ts";
import { readJsonArray, readJsonObject } from "../../src/util/json-stream.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { BAD_JSON, BAD_LINES, describeBadInput } from "../helpers/bad-input.ts";

const turn = { id: "c_1", conversation: "c", turn: 1, split: "test", history: [], question: "who?", responses: [], tags: {} };
const line = (record: object, change: object = {}) => `${JSON.stringify({ ...record, ...change })}\n`;

describeBadInput("turns.jsonl", {
  file: "turns.jsonl",
  read: (path) => readJsonl(path, Turn, { unique: ({ id }) => id }),
  cases: [
    ...BAD_LINES,
    { name: "an id twice", content: line(turn) + line(turn, { id: "c_2" }) + line(turn), says: /:3: the id "c_1" is in line 1 already/ },
    { name: "an id with a tab", content: line(turn, { id: "a\tb" }), says: /:1: id: .*control characters/ },
    { name: "an unknown key", content: line(turn, { topic: "x" }), says: /:1: .*topic/ },
    { name: "turn 0", content: line(turn) + line(turn, { id: "c_0", turn: 0 }), says: /:2: turn: / },
    { name: "a split of another name", content: line(turn, { split: "validation" }), says: /:1: split: .*"train".*"dev".*"test"/ },
    { name: "a history of strings", content: line(turn, { history: ["hello"] }), says: /:1: history\.0: .*expected object/ },
  ],
});

for (const [file, schema] of Object.entries({
  "passages.jsonl": Passage,
  "train.jsonl": TrainSample,
  "run.jsonl": RunLine,
  "scores.jsonl": ScoreLine,
})) {
  describeBadInput(file, { file, read: (path) => readJsonl<unknown>(path, schema), cases: BAD_LINES });
}

describeBadInput("a huge JSON array", { file: "train.json", read: (path) => readJsonArray(path), cases: BAD_JSON });
describeBadInput("a huge JSON object", { file: "dev.json", read: (path) => readJsonObject(path), cases: BAD_JSON });
describeBadInput("a JSON file", { file: "config.json", read: (path) => readJson(path), cases: BAD_JSON });

describeBadInput("a manifest", {
  file: "manifest.json",
  read: (path) => openArtifact(join(path, ".."), "run"),
  cases: [
    { name: "none at all", content: null, says: /has no manifest\.json/ },
    { name: "half of one", content: '{"format":', says: /:1: the file ends inside/ },
    { name: "one of another program", content: '{"name":"app"}', says: /format: / },
  ],
});

describeBadInput("an artifact made from bad lines", {
  file: "input.jsonl",
  read: (path, dir) =>
    writeArtifact(
      { output: join(dir, "out"), kind: "run", command: "retrieve", options: {}, seed: 0, inputs: [path], resume: false, overwrite: false },
      async () => {
        for await (const _ of readJsonl(path, z.looseObject({ id: z.string() })));
      },
    ),
  cases: BAD_LINES,
});
