/** @file A matrix that is read by rows, such as an embedding: some of them, or all of them a block at a time. */
import type { Value } from "./ir.ts";

export interface Table {
  /** The rows in order, as float32 blocks [size, columns]; one block where the table is trained. */
  blocks(): Value[];
  /** The named rows as float32: int64 [..] → [.., columns]. Only they are converted. */
  rowsOf(ids: Value): Value;
}
