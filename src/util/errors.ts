/** @file The errors a user may meet, each with its exit code; anything else is a bug (exit 70). */

/** Says what was found, what was expected and what to do. */
export abstract class UniconvError extends Error {
  abstract readonly exitCode: number;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The command line or a config is wrong (exit 2). */
export class UsageError extends UniconvError {
  readonly exitCode = 2;
}

/** An input is bad or corrupt (exit 3); the message starts with `file:line:` where they are known. */
export class DataError extends UniconvError {
  readonly exitCode = 3;
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(message: string, place: { file?: string | undefined; line?: number | undefined } = {}, options?: ErrorOptions) {
    const where = place.file === undefined ? "" : place.line === undefined ? `${place.file}: ` : `${place.file}:${place.line}: `;
    super(where + message, options);
    this.file = place.file;
    this.line = place.line;
  }
}

/** The run finished and the verdict is negative: a threshold, a regression, invalid rows (exit 1). */
export class CheckFailed extends UniconvError {
  readonly exitCode = 1;
}

/** The operating system refused: disk full, permission, a vanished file (exit 4). */
export class IoError extends UniconvError {
  readonly exitCode = 4;
}

/** Locked by another process, or a server is down: try again (exit 5). */
export class UnavailableError extends UniconvError {
  readonly exitCode = 5;
}

/** Stopped by a signal; the output can be resumed (exit 128 + signal number). */
export class Interrupted extends UniconvError {
  readonly exitCode: number;
  constructor(message: string, signal: "SIGINT" | "SIGTERM" = "SIGINT") {
    super(message);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}
