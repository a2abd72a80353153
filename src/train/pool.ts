/** @file One contrastive pool: the sequences of its samples, what is each one's own, and what is no negative. */
import type { Passage, TrainSample } from "../schema/records.ts";
import type { Sequence } from "../text/sequence.ts";
import type { SequenceBuilder } from "../text/sequences.ts";
import { passageText } from "../text/rag-prompt.ts";
import { Rng } from "../util/rng.ts";
import { feedsLoss } from "./sample-losses.ts";
import type { ContrastiveFeed } from "./step-feeds.ts";
import type { PassName } from "./step-spec.ts";

export interface PoolOptions {
  seed: number;
  hard_negatives: number;
  distractors: number;
  /** By default none. Earlier responses of its own conversation per sample, as candidates of L_CII. */
  cii_distractors?: number;
  /** Leave samples out of L_CII whose response another one of the pool has. */
  cii_only_distinct?: boolean;
  /** What r is: the dataset's response, or p+ where there is one. */
  responses?: "reference" | "passage";
  mask_duplicate_passages: boolean;
  mask_duplicate_responses: boolean;
  /** The passes the step has. */
  passes: readonly PassName[];
  /** Whether G holds the response, or is the query alone. */
  generation: boolean;
  /** Whether X holds the response behind EMB for the RAG loss. */
  rag: boolean;
}

export interface Pool {
  /** Its name among all pools of the run. */
  id: string;
  sequences: Partial<Record<PassName, Sequence[]>>;
  retrieval: ContrastiveFeed;
  identification: ContrastiveFeed;
  /** Per sequence of G and of X: whether its response is learned. */
  learnsResponse: { G: boolean[]; X: boolean[] };
}

interface Drawn {
  sample: TrainSample;
  /** This epoch's positive; null where the sample has none. */
  positive: Passage | null;
  /** The response that rests on the positive. */
  response: string | null;
}

export function composePool(
  samples: readonly TrainSample[],
  epoch: number,
  builder: SequenceBuilder,
  options: PoolOptions,
): Omit<Pool, "id"> {
  const drawn = samples.map((sample) => draw(sample, options, Rng.of(options.seed, "positive", epoch, sample.id)));
  const has = (pass: PassName) => options.passes.includes(pass);
  const retrieves = ({ sample }: Drawn) => feedsLoss.L_R(sample);
  const distinct = options.cii_only_distinct ? onlyOnce(drawn.filter(({ sample }) => feedsLoss.L_CII(sample))) : () => true;
  const identifies = (each: Drawn) => feedsLoss.L_CII(each.sample) && distinct(each);
  const generates = ({ sample }: Drawn) => feedsLoss.L_G(sample);

  const candidates = drawn.flatMap((each, row) => (retrieves(each) ? candidatesOf(each, { row, epoch }, options) : []));
  const answering = drawn.filter((each) => identifies(each) || (options.rag && feedsLoss.L_RAG(each.sample)));
  const answers = answering.flatMap((each, row) => (identifies(each) ? answersOf(each, { row, epoch }, options) : []));
  const prompt = (each: Drawn) =>
    promptPassages(each, drawn, Rng.of(options.seed, "distractors", epoch, each.sample.id), options.distractors);

  // A pass that a pool leaves empty still needs one sequence, which then counts nothing.
  const some = (made: Sequence[], spare: () => Sequence) => (made.length > 0 ? made : [spare()]);
  const sequences: Pool["sequences"] = {
    ...(has("G") && {
      G: drawn.map((each) =>
        options.generation && generates(each) ? builder.generation(each.sample, each.response!) : builder.query(each.sample),
      ),
    }),
    ...(has("P") && {
      P: some(
        candidates.map(({ passage }) => builder.passage(passage)),
        () => builder.response(""),
      ),
    }),
    ...(has("X") && {
      X: some(
        answering.map((each) => identification(builder, each, prompt(each), options.rag && generates(each))),
        () => builder.query(drawn[0]!.sample),
      ),
    }),
    ...(has("R") && {
      R: some(
        answers.map(({ response }) => builder.response(response)),
        () => builder.response(""),
      ),
    }),
  };
  return {
    sequences,
    retrieval: {
      labels: drawn.map((each, row) => (retrieves(each) ? candidates.findIndex((candidate) => candidate.row === row) : null)),
      masked: drawn.flatMap((each, row) =>
        candidates.flatMap((candidate, at) => (isFalseNegative(each, candidate.passage, options) ? [[row, at] as const] : [])),
      ),
      candidates: Math.max(1, candidates.length),
    },
    identification: {
      labels:
        answering.length === 0
          ? [null]
          : answering.map((each, row) => (identifies(each) ? answers.findIndex((answer) => answer.row === row) : null)),
      masked: options.mask_duplicate_responses
        ? answering.flatMap((each, row) => answers.flatMap((other, at) => (other.response === each.response ? [[row, at] as const] : [])))
        : [],
      candidates: Math.max(1, answers.length),
    },
    learnsResponse: {
      G: drawn.map((each) => options.generation && generates(each)),
      X: answering.length === 0 ? [false] : answering.map((each) => options.rag && generates(each)),
    },
  };
}

function identification(
  builder: SequenceBuilder,
  { sample, positive, response }: Drawn,
  passages: readonly Passage[],
  answered: boolean,
): Sequence {
  return builder.identification(sample, passages, answered ? response! : undefined, { keep: passages.indexOf(positive!) });
}

/** One positive per sample and epoch; r+ is the response whose evidence holds it, or any where none says so. */
function draw(sample: TrainSample, { responses: source }: PoolOptions, rng: Rng): Drawn {
  const positive = sample.positives.length > 0 ? rng.pick(sample.positives) : null;
  const grounded = sample.responses.filter(({ evidence }) => positive !== null && evidence.includes(positive.id));
  const responses = grounded.length > 0 ? grounded : sample.responses;
  const reference = responses.length > 0 ? rng.pick(responses).text : null;
  return { sample, positive, response: source === "passage" && positive !== null ? passageText(positive) : reference };
}

/** Whether nobody else among them has the response. */
function onlyOnce(drawn: readonly Drawn[]): (each: Drawn) => boolean {
  const counts = new Map<string | null, number>();
  for (const { response } of drawn) counts.set(response, (counts.get(response) ?? 0) + 1);
  return ({ response }) => (counts.get(response) ?? 0) < 2;
}

/** r+, and what was answered earlier in the conversation, which e(X) must tell from what is answered now. */
function answersOf(
  { sample, response }: Drawn,
  { row, epoch }: { row: number; epoch: number },
  { seed, cii_distractors = 0 }: PoolOptions,
): { row: number; response: string }[] {
  const earlier = new Set(sample.history.map((exchange) => exchange.response).filter((text) => text !== "" && text !== response));
  const drawn =
    cii_distractors === 0
      ? []
      : Rng.of(seed, "earlier", epoch, sample.id)
          .shuffled([...earlier])
          .slice(0, cii_distractors);
  return [response!, ...drawn].map((text) => ({ row, response: text }));
}

function candidatesOf(
  { sample, positive }: Drawn,
  { row, epoch }: { row: number; epoch: number },
  { seed, hard_negatives }: PoolOptions,
): { row: number; passage: Passage }[] {
  const hard = hard_negatives === 0 ? [] : Rng.of(seed, "hard", epoch, sample.id).shuffled(sample.negatives).slice(0, hard_negatives);
  return [positive!, ...hard].map((passage) => ({ row, passage }));
}

/** Another gold of the turn is never a negative, wherever it comes from; duplicates (of the positive, or of any gold's text) are none if asked so. */
function isFalseNegative({ sample, positive }: Drawn, passage: Passage, { mask_duplicate_passages: duplicates }: PoolOptions): boolean {
  if (passage.id === positive?.id) return duplicates;
  const same = (gold: Passage) => gold.id === passage.id || (duplicates && gold.text === passage.text && gold.title === passage.title);
  return sample.positives.some(same);
}

/** The positive among distractors of the same pool, at a drawn rank. */
function promptPassages({ sample, positive }: Drawn, drawn: readonly Drawn[], rng: Rng, distractors: number): Passage[] {
  if (distractors === 0) return [positive!];
  const golds = new Set(sample.positives.map((gold) => gold.id));
  const others = new Map(
    drawn.flatMap((each) => (each.positive && !golds.has(each.positive.id) ? [[each.positive.id, each.positive] as const] : [])),
  );
  return rng.shuffled([positive!, ...rng.shuffled([...others.values()]).slice(0, distractors)]);
}
