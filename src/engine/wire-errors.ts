/** @file Errors as plain records and back: class, message, place and exit code survive the process border. */
import { CheckFailed, DataError, Interrupted, IoError, UnavailableError, UniconvError, UsageError } from "../util/errors.ts";
import type { WireError } from "./messages.ts";

export function toWire(thrown: unknown): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const place = error instanceof DataError ? error : { file: undefined, line: undefined };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    file: place.file,
    line: place.line,
    exitCode: error instanceof UniconvError ? error.exitCode : undefined,
  };
}

export function fromWire(wire: WireError): Error {
  const error = revive(wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function revive({ name, message, file, line, exitCode }: WireError): Error {
  switch (name) {
    case "UsageError":
      return new UsageError(message);
    case "DataError":
      // The message holds the place already.
      return Object.assign(new DataError(message), { file, line });
    case "CheckFailed":
      return new CheckFailed(message);
    case "IoError":
      return new IoError(message);
    case "UnavailableError":
      return new UnavailableError(message);
    case "Interrupted":
      return new Interrupted(message, exitCode === 143 ? "SIGTERM" : "SIGINT");
    default:
      return Object.assign(new Error(message), { name });
  }
}
