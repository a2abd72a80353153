/** @file Metrics that papers report and we do not compute: asking for one says so, and a paper's column of it stands beside a dash. */

const EMBEDDINGS =
  "it compares texts by the token embeddings of roberta-large, which no other metric needs; score answers with F1 or ROUGE-L, or give responses.jsonl to another implementation";

/** By the name that papers use. */
const ABSENT: Readonly<Record<string, string>> = {
  BERTScore: EMBEDDINGS,
  "Evidence-BERTScore": EMBEDDINGS,
  "Knowledge-BERTScore": EMBEDDINGS,
};

/** Other spellings, in lower case without marks. */
const SPELLINGS: Readonly<Record<string, string>> = {
  bertscore: "BERTScore",
  bertscoref1: "BERTScore",
  evidencebertscore: "Evidence-BERTScore",
  knowledgebertscore: "Knowledge-BERTScore",
  kbertscore: "Knowledge-BERTScore",
};

/** Why there is no such metric here, and what to do; undefined for a name that means nothing to us. */
export function absentMetric(name: string): { name: string; reason: string } | undefined {
  const found = SPELLINGS[name.toLowerCase().replace(/[^a-z0-9]/g, "")];
  return found === undefined ? undefined : { name: found, reason: `not there yet: ${ABSENT[found]!}` };
}

export const absentNames = (): string[] => Object.keys(ABSENT);
