/** @file manifest.json, the seal of every artifact directory. */
import { z } from "zod";

/** A file as it was read or written; `path` is relative to the artifact for outputs, as given for inputs. */
export const FileEntry = z.strictObject({
  path: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  rows: z.int().min(0).optional(),
});

export const ArtifactKind = z.enum(["prepared", "model", "index", "run", "responses", "evaluation", "suite", "report"]);

export const Manifest = z.strictObject({
  /** `uniconv/<kind>@<format version>` */
  format: z.string().regex(/^uniconv\/[a-z]+@\d+$/),
  command: z.string(),
  /** Every option after flags, environment, file and defaults were merged. */
  options: z.record(z.string(), z.unknown()),
  seed: z.int().min(0),
  versions: z.record(z.string(), z.string()),
  inputs: z.array(FileEntry),
  files: z.array(FileEntry),
  /** Fingerprints of the model this artifact came from or holds. */
  model: z.strictObject({ fingerprint: z.string(), tokenizer: z.string() }).optional(),
  /** Made under --limit: thresholds and comparisons refuse it. */
  partial: z.boolean(),
  /** Counts and reasons a reader may want to see: rows read, kept, excluded. */
  stats: z.record(z.string(), z.unknown()),
});

export type FileEntry = z.infer<typeof FileEntry>;
export type ArtifactKind = z.infer<typeof ArtifactKind>;
export type Manifest = z.infer<typeof Manifest>;
