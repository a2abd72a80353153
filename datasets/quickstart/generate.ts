/** @file Writes datasets/quickstart/data from a fixed seed: `npm run generate:quickstart`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rng } from "../../src/util/rng.ts";
import { type Split, answers, fill, openings, passages, pronouns, questions, switches } from "./wordings.ts";
import { type Attribute, type Film, attributes, makeFilms } from "./world.ts";

const seed = 20;
const conversations: Record<Split, number> = { train: 100, dev: 12, test: 36 };
const switchShare = 0.35;

interface RawTurn {
  question: string;
  answer: string;
  passage: string;
  topic_shift: "first" | "continue" | "switch";
  attribute: Attribute;
  /** Whether some training conversation asks for this fact of this film. */
  asked_in_training: boolean;
}

/** File name → content: equal on every machine. */
export function generateQuickstart(): Map<string, string> {
  const films = makeFilms(Rng.of(seed, "world"));
  const passageLines = films.flatMap((film) =>
    attributes.map((attribute) => passageOf(film, attribute, Rng.of(seed, "passage", film.id, attribute))),
  );
  const asked = new Set<string>();
  const conversationLines = (["train", "dev", "test"] as const).flatMap((split) => conversationsOf(films, split, asked));
  return new Map([
    ["passages.jsonl", lines(passageLines)],
    ["conversations.jsonl", lines(conversationLines)],
  ]);
}

function passageOf(film: Film, attribute: Attribute, rng: Rng): object {
  const text = fill(rng.pick(passages[attribute]), { film: film.title, ...film.facts[attribute] });
  return { id: `${film.id}:${attribute}`, title: film.title, text };
}

/** `asked` collects what the training conversations ask for, so they must come first. */
function conversationsOf(films: readonly Film[], split: Split, asked: Set<string>): object[] {
  const rng = Rng.of(seed, "conversations", split);
  let queue: Film[] = [];
  const nextFilm = (): Film => {
    if (queue.length === 0) queue = rng.shuffled(films);
    return queue.pop()!;
  };
  return Array.from({ length: conversations[split] }, (_, i) => {
    const turns = filmTurns(nextFilm(), split, "first", rng);
    if (rng.uniform() < switchShare) turns.push(...filmTurns(nextFilm(), split, "switch", rng));
    if (split === "train") for (const turn of turns) asked.add(turn.passage);
    for (const turn of turns) turn.asked_in_training = asked.has(turn.passage);
    return { id: `${split}${String(i + 1).padStart(3, "0")}`, split, turns };
  });
}

/** The questions about one film: the first names it, the others need the history to know which film is meant. */
function filmTurns(film: Film, split: Split, start: "first" | "switch", rng: Rng): RawTurn[] {
  const open = split === "train" ? attributes.filter((attribute) => attribute !== film.neverAsked) : attributes;
  const asked = rng.shuffled(open).slice(0, start === "first" ? 3 + rng.int(2) : 2 + rng.int(2));
  return asked.map((attribute, i) => {
    const wording = rng.pick(questions[split][attribute]);
    const frame = i > 0 ? "{q:it}" : rng.pick((start === "first" ? openings : switches)[split]);
    const question = fill(frame, {
      film: film.title,
      q: fill(wording, { it: film.title }),
      "q:it": fill(wording, { it: i > 0 ? rng.pick(pronouns[split]) : "it" }),
    });
    return {
      question,
      answer: fill(answers[attribute], { ...film.facts[attribute] }),
      passage: `${film.id}:${attribute}`,
      topic_shift: i > 0 ? "continue" : start,
      attribute,
      asked_in_training: false,
    };
  });
}

function lines(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? "datasets/quickstart/data";
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of generateQuickstart()) writeFileSync(join(folder, name), content);
}
