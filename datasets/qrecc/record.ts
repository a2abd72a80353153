/** @file A QReCC turn as its releases write it: raw (Apple), SCAI-QReCC21, and InfoCQR's files. Keys are read by name, their order differs. */
import { z } from "zod";

export const QreccRecord = z.object({
  Conversation_no: z.int().min(0),
  Turn_no: z.int().min(1),
  Question: z.string().min(1),
  Conversation_source: z.string().optional(),
  // The history: raw and SCAI, or InfoCQR's with the answers that were really shown.
  Context: z.array(z.string()).optional(),
  NewContext: z.array(z.string()).optional(),
  // Raw against SCAI and InfoCQR.
  Rewrite: z.string().optional(),
  Truth_rewrite: z.string().optional(),
  Answer: z.string().optional(),
  Truth_answer: z.string().optional(),
  // SCAI and InfoCQR; the raw files name no passages. An empty list: none was found.
  Truth_passages: z.array(z.string()).optional(),
});

export type QreccRecord = z.infer<typeof QreccRecord>;
