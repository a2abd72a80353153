/** @file What the published files do that a reader would not expect, each on the smallest file that does it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readQrels } from "../../src/util/qrels.ts";
import { freshFolder, prepare, sample } from "../prepare/prepared.ts";

const written = (name: string, content: string | Buffer | object): string => {
  const file = join(freshFolder(), name);
  writeFileSync(file, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return file;
};
const lines = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("TopiOCQA", () => {
  const final = sample("topiocqa", "final_dev.json");

  test("names a passage by the same number in conversations, qrels and collection: never one less", async () => {
    const collection = [sample("topiocqa", "full_wiki_segments.tsv")];
    const own = await prepare({ dataset: "topiocqa", input: [final], collection });
    const published = await prepare({ dataset: "topiocqa", input: [final], collection, qrels: [sample("topiocqa", "dev_gold.trec")] });
    expect(own.qrels).toEqual(published.qrels);
    expect(own.qrels[0]).toEqual(["1_1", "0", "101", "1"]);
    const texts = new Map(own.passages.map(({ id, text }) => [id, text]));
    const gold = (JSON.parse(readFileSync(final, "utf8")) as { Gold_passage: { text: string } }[]).map(
      ({ Gold_passage }) => Gold_passage.text,
    );
    expect(own.qrels.map(([, , id]) => texts.get(id!))).toEqual(gold);
  });

  test("gives the same turns, gold and passages from the retriever files, and their hard negatives to training", async () => {
    const whole = await prepare({ dataset: "topiocqa", input: [final], split: "train" });
    const retriever = await prepare({ dataset: "topiocqa", input: [sample("topiocqa", "retriever_dev.json")], split: "train" });
    const content = ({ turns, qrels, passages }: typeof whole) => ({
      turns: turns.map(({ id, history, question, responses, tags }) => [id, history, question, responses, tags["topic_shift"]]),
      qrels,
      passages,
    });
    expect(content(retriever)).toEqual(content(whole));
    expect(retriever.train.map(({ negatives }) => negatives.length)).toEqual(retriever.turns.map(() => 2));
    const questions = await prepare({ dataset: "topiocqa", input: [sample("topiocqa", "qas_dev.csv")] });
    expect(questions.turns.map(({ id, history, responses }) => [id, history, responses])).toEqual(
      whole.turns.map(({ id, history, responses }) => [id, history, responses]),
    );
  });

  test("refuses a retriever file without the history", async () => {
    const record = { conv_id: 1, turn_id: 2, question: "what is inside?", answers: ["a"], positive_ctxs: [] };
    const refused = prepare({ dataset: "topiocqa", input: [written("dev.json", [record])] });
    await expect(refused).rejects.toThrow(/dev\.json:1: .*"1_2" has 1 parts .*expected 3/);
  });

  test("knows what an unanswerable turn is about from its gold passage", async () => {
    const turn = (n: number, topic: string, title: string) => ({
      Context: Array.from({ length: 2 * (n - 1) }, (_, i) => `s${i}`),
      Conversation_no: 1,
      Turn_no: n,
      Question: `q${n}`,
      Answer: topic === "" ? "UNANSWERABLE" : "a",
      Topic: topic,
      Topic_section: "",
      Gold_passage: { id: `wiki:${n}`, title: `${title} [SEP] Introduction`, text: title },
    });
    const input = [written("dev.json", [turn(1, "Ishihara test", "Ishihara test"), turn(2, "", "Tokyo"), turn(3, "Tokyo", "Tokyo")])];
    const { turns } = await prepare({ dataset: "topiocqa", input });
    expect(turns.map(({ tags }) => tags["topic_shift"])).toEqual(["first", "switch", "continue"]);
  });
});

describe("QReCC", () => {
  const turn = { NewContext: [] as string[], Question: "q", Truth_answer: "a", Truth_rewrite: "r", Conversation_no: 1, Turn_no: 1 };

  test("keeps what the user typed first, also where the literature puts the rewrite, and the empty answers of a history in their places", async () => {
    const later = { ...turn, Turn_no: 3, NewContext: ["q", "", "q2", "a2"], Truth_answer: "", Truth_passages: [""] };
    const { turns, qrels, stats } = await prepare({ dataset: "qrecc", input: [written("dev.json", [turn, later])] });
    expect(turns[0]).toMatchObject({ question: "q", tags: { rewrite: "r" } });
    expect(turns[1]!.history).toEqual([
      { question: "q", response: "" },
      { question: "q2", response: "a2" },
    ]);
    expect([turns[1]!.responses, qrels]).toEqual([[], []]);
    expect(stats).toMatchObject({ turns_with_gold: 0, turns_without_gold: 2 });
  });

  test("reads the files with ChatGPT's rewrites, which are a text or the whole answer of the service", async () => {
    const text = lines(
      { ...turn, GPT_rewrite: "r" },
      { ...turn, Conversation_no: 2, GPT_rewrite: { choices: [{ message: { content: "r" } }] } },
    );
    const { turns } = await prepare({ dataset: "qrecc", input: [written("dev_chatgpt_ICL.jsonl", text)] });
    expect(turns.map(({ id }) => id)).toEqual(["1_1", "2_1"]);
  });

  test("takes a tab inside a passage for a character: its passages have no titles", async () => {
    const collection = [written("passages.tsv", 'id\tcontents\n0\tone\ttwo "three"\tfour\n1\t\n')];
    const { passages } = await prepare({ dataset: "qrecc", input: [written("dev.json", [turn])], collection });
    expect(passages).toEqual([
      { id: "0", title: "", text: 'one\ttwo "three"\tfour' },
      { id: "1", title: "", text: "" },
    ]);
  });
});

test.each<[string, string, object]>([
  ["topiocqa", "1_2", [{ Context: ["q"], Conversation_no: 1, Turn_no: 2, Question: "q", Answer: "", Topic: "", Topic_section: "" }]],
  ["qrecc", "1_2", [{ Context: [], Conversation_no: 1, Turn_no: 2, Question: "q", Answer: "a" }]],
  ["or-quac", '2 of "C_1"', [{ History: ["t", "s"], QuAC_dialog_id: "C_1", Question: "q", Question_no: 2, Rewrite: "r" }]],
  ["inscit", "d_1", { d: { turns: [{ context: ["a", "b"], labels: [{ responseType: "t", response: "r", evidence: [] }] }] } }],
])("a context of the wrong length is refused by %s", async (dataset, named, content) => {
  const refused = prepare({ dataset, input: [written("dev.json", content)] });
  await expect(refused).rejects.toThrow(new RegExp(`dev\\.json:1: .*${named}.* expected`));
});

test("INSCIT goes on from either label, judges what any of them names, and once", async () => {
  const evidence = (id: string, titles: string[]) => ({ passage_id: id, passage_text: id, passage_titles: titles });
  const label = (response: string, ...found: object[]) => ({ responseType: "directAnswer", response, evidence: found });
  const cheese = evidence("Types of cheese:19", ["Types of cheese", "Source of milk"]);
  const outline = evidence("Cheese:0", []);
  const dialogue = {
    turns: [
      { context: ["q1"], labels: [label("first", cheese, cheese), label("second", outline, cheese)] },
      { context: ["q1", "second", "q2"], labels: [label("third")] },
    ],
  };
  const { turns, qrels, passages, stats } = await prepare({ dataset: "inscit", input: [written("dev.json", { d: dialogue })] });
  expect(turns.map(({ history, responses }) => [history, responses])).toEqual([
    [[], ["first", "second"]],
    [[{ question: "q1", response: "second" }], ["third"]],
  ]);
  expect(qrels.map(([, , id]) => id)).toEqual(["Types of cheese:19", "Cheese:0"]);
  expect(passages.map(({ title }) => title)).toEqual(["Types of cheese [SEP] Source of milk", ""]);
  expect(stats).toMatchObject({ turns_with_gold: 1, turns_without_gold: 1 });
});

test("judgements with blanks in their ids come back as they were written", async () => {
  const { output, qrels } = await prepare({ dataset: "inscit", input: [sample("inscit", "dev.json")] });
  expect(qrels.some(([, , id]) => id!.includes(" "))).toBe(true);
  const read = await readQrels(join(output, "qrels.tsv"));
  expect([...read].flatMap(([turn, grades]) => [...grades].map(([id, grade]) => [turn, "0", id, String(grade)]))).toEqual(qrels);
});

describe("collections", () => {
  const input = [sample("topiocqa", "final_dev.json")];
  const passagesOf = async (collection: string) => (await prepare({ dataset: "topiocqa", input, collection: [collection] })).passages;
  const rows = 'id\ttext\ttitle\r\n1\t"say ""hi""\r\nthere"\t"A [SEP] ""B"""\r\nid\ttext\ttitle\r\n2\tfive" pipe\tC [SEP] D\r\n';
  const expected = [
    { id: "1", title: 'A [SEP] "B"', text: 'say "hi"\nthere' },
    { id: "2", title: "C [SEP] D", text: 'five" pipe' },
  ];

  test("with csv quotes, headers in the middle, line breaks in cells and CRLF are read as Python's csv module wrote them", async () => {
    expect(await passagesOf(written("c.tsv", rows))).toEqual(expected);
  });

  test("are read gzipped and with a byte order mark just the same", async () => {
    expect(await passagesOf(written("c.tsv.gz", gzipSync(rows)))).toEqual(expected);
    expect(await passagesOf(written("c.tsv", `\uFEFF${rows}`))).toEqual(expected);
  });

  test("of MS MARCO are plain: quotes, blanks at the ends and damaged characters pass through", async () => {
    const damaged = "bachelor\u00e2\u0080\u0099s \u00c2\u00a35";
    const collection = [written("collection.tsv", `0\t "quoted" ${damaged} \r\n1\tx\n`)];
    const queries = written("queries.dev.tsv", `2\t Androgen receptor define\n`);
    const qrels = [written("qrels.dev.tsv", "2 0 1 1\n")];
    const { passages, turns } = await prepare({ dataset: "msmarco-passage", input: [queries], collection, qrels });
    expect(passages[0]!.text).toBe(` "quoted" ${damaged} `);
    expect(turns[0]!.question).toBe(" Androgen receptor define");
  });

  test("keep ids that look like numbers, URLs and titles as they are", async () => {
    const ids = ["007", "1e3", "http://x.org/a?b=c#d_p0", "Title with spaces:3", "25749059@5", "MARCO_D59865-2", "id"];
    const collection = [written("c.tsv", ids.map((id) => `${id}\ttext of ${id}\n`).join(""))];
    const { passages } = await prepare({ dataset: "trec", input: [sample("trec", "topics.test.tsv")], collection });
    expect(passages.map(({ id }) => id)).toEqual(ids);
  });
});

test("MS MARCO QA: a text where a list is missing, escaped slashes, no answer at all, and a passage selected twice", async () => {
  const passage = (is_selected: number, passage_text: string) => ({ is_selected, url: "u", passage_text });
  const text = [
    String.raw`{"query_id":1,"query":"km\/h?","answers":["60 km\/h"],"wellFormedAnswers":"[]","passages":${JSON.stringify([
      passage(1, "A"),
      passage(1, "A"),
      passage(1, "B"),
      passage(0, "C"),
    ])}}`,
    '{"query_id":2,"query":"q","answers":["No Answer Present."],"wellFormedAnswers":"[]","passages":[]}',
    '{"query_id":3,"query":"q","answers":[],"wellFormedAnswers":"[]","passages":[]}',
  ].join("\r\n");
  const { turns, passages, train, stats } = await prepare({ dataset: "msmarco-qa", input: [written("train.jsonl", text)] });
  expect(turns.map(({ question, responses }) => [question, responses])).toEqual([
    ["km/h?", ["60 km/h"]],
    ["q", ["No Answer Present."]],
    ["q", []],
  ]);
  expect(passages.map((one) => one.text)).toEqual(["A", "B"]);
  expect(train[0]!.positives.map((one) => one.text)).toEqual(["A", "B"]);
  expect(stats).toMatchObject({ turns_with_gold: 1, turns_without_gold: 2 });
});

describe("FaithDial", () => {
  const utterance = { history: ["q"], speaker: "Wizard", knowledge: "k", response: "r" };

  test("takes the edited response alone, whether the first one is null, empty or absent, and labels or not", async () => {
    const utterances = [
      { ...utterance, original_response: "o", BEGIN: ["Hallucination", "Entailment"], VRM: [] },
      { ...utterance, history: ["q", "r", "q2"], original_response: null, BEGIN: null },
      { ...utterance, history: ["q", "r", "q2", "r", "q3"], original_response: "" },
      { ...utterance, history: ["q", "r", "q2", "r", "q3", "r", "q4"] },
    ];
    const { turns } = await prepare({ dataset: "faithdial", input: [written("valid_random_split.json", [{ utterances }])] });
    expect(turns.map(({ responses, split }) => [responses, split])).toEqual(turns.map(() => [["r"], "dev"]));
    expect(turns.map(({ tags }) => tags["begin"])).toEqual(["entailment+hallucination", undefined, undefined, undefined]);
  });

  test("reads the hand-checked answers: CSV, cells with line breaks, labels joined by commas", async () => {
    const { turns } = await prepare({ dataset: "faithdial", input: [sample("faithdial", "audit.csv")], split: "test" });
    expect(turns.map(({ id, question, tags }) => [id, question, tags])).toEqual([
      ["audit-0_1", "How many bees live in one hive?", { begin: "partial hallucination", vrm: "disclosure+edification" }],
      ["audit-1_1", 'Is it true that some honey is "pressed"?', { begin: "entailment", vrm: "ack.+edification" }],
      ["audit-2_1", "Do bees talk,\nin a way?", { begin: "generic", vrm: "disclosure" }],
    ]);
    expect(turns[2]!.evidence).toEqual([
      "The waggle dance tells other bees in which direction food lies.\n\nKarl von Frisch described it.",
    ]);
  });

  test("takes no answer of a model for a reference", async () => {
    const file = written("ctrl.csv", "knowledge,history,ctrl,begin_label,vrm_label\r\nk,h,c,entailment,edification\r\n");
    await expect(prepare({ dataset: "faithdial", input: [file], split: "test" })).rejects.toThrow(/ctrl\.csv:1: .*answers of a model/);
  });
});

describe("TREC's conversational tracks", () => {
  test("CAsT's trees of 2022 are refused: their turns have no one history", async () => {
    const tree = [{ number: 132, turn: [{ number: "1-1", participant: "User", utterance: "q" }] }];
    const refused = prepare({ dataset: "cast", input: [written("topics_test.json", tree)] });
    await expect(refused).rejects.toThrow(/topics_test\.json:1: This is not a CAsT topic of 2019 to 2021/);
  });

  test("the second column of CAsT's qrels is Q0 in 2019 and 0 later, and grades go to 4", async () => {
    const qrels = [written("qrels.txt", "201_1 Q0 MARCO_D1-0 4\r\n201_2\t0\tCAR_a\t-1\r\n201_2\t0\tCAR_b\t0\r\n")];
    const { qrels: judged, stats } = await prepare({ dataset: "cast", input: [sample("cast", "topics_test.json")], qrels });
    expect(judged).toEqual([
      ["201_1", "0", "MARCO_D1-0", "4"],
      ["201_2", "0", "CAR_b", "0"],
    ]);
    expect(stats).toMatchObject({ turns_with_gold: 1, judgements: { excluded: { "a negative grade: the pair was not judged": 1 } } });
  });

  test("iKAT's turns that name no passage stay, and are not judged", async () => {
    const turns = [
      { turn_id: 1, utterance: "q", response: "r", response_provenance: ["d:1", "d:1"] },
      { turn_id: 2, utterance: "q", response: "r", response_provenance: [] },
      { turn_id: 3, utterance: "q", response: "r" },
    ];
    const { qrels, stats } = await prepare({ dataset: "ikat", input: [written("test.json", [{ number: "9-1", turns }])] });
    expect(qrels).toEqual([["9-1_1", "0", "d:1", "1"]]);
    expect(stats).toMatchObject({ turns_with_gold: 1, turns_without_gold: 2 });
  });
});

test("a passage id that would break a line of the qrels is refused", async () => {
  const input = [
    written("dev.json", [{ Context: [], Question: "q", Truth_answer: "a", Conversation_no: 1, Turn_no: 1, Truth_passages: ["a\tb"] }]),
  ];
  await expect(prepare({ dataset: "qrecc", input })).rejects.toThrow(/dev\.json:1: "a\\tb" is no passage id/);
});
