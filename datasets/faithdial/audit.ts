/**
 * @file The hand-checked answers of Wizard of Wikipedia that came with FaithDial (`data-audit/`): CSV with CRLF, a row per answer,
 * `evidence,history,response,BEGIN,VRM`, where `history` is the last utterance alone.
 */
import { DataError } from "../../src/util/errors.ts";
import type { Place } from "../types.ts";

const COLUMNS = ["evidence", "history", "response", "BEGIN", "VRM"] as const;

export interface Answer {
  history: string[];
  knowledge: string;
  response: string;
  BEGIN: string[];
  VRM: string[];
}

/** A row; undefined for the header, in line 1. Throws `DataError` for another header, a missing cell, or an empty question, evidence or answer. */
export function readAnswer(fields: readonly string[], place: Place): Answer | undefined {
  return place.line === 1 ? checkHeader(fields, place) : answer(fields, place);
}

function checkHeader(fields: readonly string[], place: Place): undefined {
  if (fields.join() === COLUMNS.join()) return undefined;
  const model = fields[0] === "knowledge" ? " Files that begin with knowledge hold the answers of a model, which are no references." : "";
  throw new DataError(`Expected the header ${COLUMNS.join()}, found ${JSON.stringify(fields.join())}.${model}`, place);
}

function answer(fields: readonly string[], place: Place): Answer {
  const [knowledge = "", history = "", response = "", begin = "", vrm = ""] = fields;
  if (fields.length !== COLUMNS.length)
    throw new DataError(`Expected ${COLUMNS.length} cells (${COLUMNS.join()}), found ${fields.length}.`, place);
  const empty = COLUMNS.slice(0, 3).find((_, at) => fields[at]!.trim() === "");
  if (empty !== undefined) throw new DataError(`The cell "${empty}" is empty.`, place);
  return { history: [history], knowledge, response, BEGIN: listed(begin), VRM: listed(vrm) };
}

/** Labels are joined by commas: "Disclosure,Ack." */
function listed(cell: string): string[] {
  return cell.split(",").filter((label) => label.trim() !== "");
}
