/**
 * @file The first sequences of a run as text, special tokens and all: a wrong template, a missing end token or a cut that goes too
 * far does not fail, it only trains a bad model.
 */
import type { Dropped, Sequence } from "../text/sequence.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Pool } from "./pool.ts";
import type { PassName } from "./step-spec.ts";

/** Characters shown of a long stretch: its beginning and its end, where templates have their tokens. */
const HEAD = 300;
const TAIL = 200;

const WHAT: Readonly<Record<PassName, string>> = {
  G: "conversation, and its response",
  P: "passage",
  X: "conversation with passages",
  R: "response",
};

/** One sequence of each kind that the pool has; one that is learned from, if there is one. */
export function describeSequences({ sequences, learnsResponse }: Pool, tokenizer: Tokenizer): string {
  const lines = (Object.keys(WHAT) as PassName[]).flatMap((pass) => {
    const all = sequences[pass];
    if (all === undefined) return [];
    const learned = pass === "G" || pass === "X" ? learnsResponse[pass].indexOf(true) : 0;
    return [describeSequence(`${pass}, ${WHAT[pass]}`, all[Math.max(0, learned)]!, tokenizer)];
  });
  const template =
    tokenizer.chatTemplate === null ? "the tokenizer has no chat template, texts are joined plainly" : "by the chat template";
  return [`The first sequences of the run (${template}; ↵ is a line break, ⟦ ⟧ mark EMB and the response that is learned):`, ...lines].join(
    "\n",
  );
}

export function describeSequence(name: string, { ids, emb, response, dropped }: Sequence, tokenizer: Tokenizer): string {
  const spans = [...(emb === null ? [] : [{ ...emb, mark: "EMB" }]), ...(response === null ? [] : [{ ...response, mark: "response" }])];
  let at = 0;
  let text = "";
  for (const { start, length, mark } of spans) {
    text += shortened(tokenizer.reveal(ids.subarray(at, start)));
    at = start + length;
    text += `⟦${mark}: ${shortened(tokenizer.reveal(ids.subarray(start, at)))}⟧`;
  }
  text += shortened(tokenizer.reveal(ids.subarray(at)));
  const counts = [`${ids.length} tokens`, ...spans.map(({ mark, length }) => `${mark} ${length}`), ...cuts(dropped)];
  return `  ${name} (${counts.join(", ")}):\n    ${text.replaceAll("\n", "↵")}`;
}

/** Whole characters, not halves of surrogate pairs. */
function shortened(text: string): string {
  const characters = [...text];
  const left = characters.length - HEAD - TAIL;
  if (left <= 0) return text;
  return `${characters.slice(0, HEAD).join("")} … ${left} characters … ${characters.slice(-TAIL).join("")}`;
}

function cuts(dropped: Dropped): string[] {
  const found = Object.entries(dropped).filter(([, count]) => count > 0);
  if (found.length === 0) return ["nothing cut"];
  return [`CUT: ${found.map(([what, count]) => `${count} ${what.replaceAll("_", " ")}`).join(", ")}`];
}
