/** @file What a run shows of its first sequences: every special token, the spans, the cuts. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { SequenceBuilder } from "../../src/text/sequences.ts";
import { loadTokenizer, type Tokenizer } from "../../src/text/tokenizer.ts";
import { describeSequence } from "../../src/train/first-look.ts";
import { passagesOf, prepare, tinyModel, turnsOf } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

let tokenizer: Tokenizer;
beforeAll(async () => {
  const folder = tempDir();
  const prepared = await prepare(join(folder, "prepared"), { passages: passagesOf(20), turns: turnsOf(8) });
  tokenizer = await loadTokenizer(await tinyModel(join(folder, "model"), { text: join(prepared, "passages.jsonl") }));
});

const turn = { history: [], question: "Where is\nthe house?" };

it("shows EMB and the response apart, with the tokens that close them and with line breaks", () => {
  const builder = new SequenceBuilder(tokenizer, { emb_tokens: 2 });
  const shown = describeSequence("G", builder.generation(turn, "Near the river."), tokenizer);
  const [counts, text] = shown.split("\n");
  expect(counts).toMatch(/^ {2}G \(\d+ tokens, EMB 2, response \d+, nothing cut\):$/);
  const eos = tokenizer.eosToken;
  expect(text).toMatch(/Where is↵the house\?/);
  expect(text!.endsWith(`⟦EMB: ${eos}${eos}⟧⟦response:  Near the river.${eos}⟧`)).toBe(true);
});

it("says what was cut, and leaves out the middle of what is long", () => {
  const long = "the old mill near the river ".repeat(60);
  const builder = new SequenceBuilder(tokenizer, { emb_tokens: 1, max_query_tokens: 2000, max_response_tokens: 5 });
  const shown = describeSequence("G", builder.generation({ history: [], question: `begin ${long} end` }, long), tokenizer);
  expect(shown).toMatch(/CUT: \d+ response tokens\)/);
  expect(shown).toMatch(/begin .* … \d+ characters … .*end/);
  expect(shown.length).toBeLessThan(800);
});

it("shows a special token as such only where it is one: a text that spells it is text", () => {
  const builder = new SequenceBuilder(tokenizer, { emb_tokens: 1 });
  const { ids } = builder.query({ history: [], question: `say ${tokenizer.eosToken}` });
  expect([...ids].filter((id) => id === tokenizer.eosId)).toHaveLength(1);
  expect(tokenizer.reveal([tokenizer.eosId])).toBe(tokenizer.eosToken);
});
