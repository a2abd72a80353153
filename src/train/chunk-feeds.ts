/** @file A chunk → the feeds of its graph, which has one name for the inputs of all passes. */
import type { Feeds } from "../onnx/session.ts";
import { CHUNK } from "./chunk-graphs.ts";
import type { PassRole } from "./pass-roles.ts";
import { sequenceFeeds, type SequenceFeeds } from "./pool-feeds.ts";

/** Roles of one kind go through one backward graph. */
export const kindOf = ({ embeds, answers, hole }: PassRole): string => [embeds, answers, hole].join();

/** What a pass is for while it is only embedded. */
export const embeddedOnly = (role: PassRole): PassRole => ({ ...role, answers: false, hole: false });

/** Those of the sequences; the gradients, weights and words of a backward run are its caller's. */
export function chunkFeeds(given: SequenceFeeds, options: Parameters<typeof sequenceFeeds>[1]): Feeds {
  const feeds = Object.entries(sequenceFeeds(given, options));
  return Object.fromEntries(feeds.map(([name, tensor]) => [name.replace(`${given.pass}.`, `${CHUNK}.`), tensor]));
}
