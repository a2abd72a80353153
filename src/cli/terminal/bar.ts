/** @file Progress as a bar, where stderr is a terminal. */
import { SingleBar } from "cli-progress";
import type { Progress } from "../../util/reporter.ts";
import { escapeText } from "./escape.ts";
import { describe, type ProgressView } from "./progress.ts";

/** The bar is taken away before anything else is written, since it puts the cursor back to where it began; its last state stays as a line. */
export function barProgress(): ProgressView {
  let bar: SingleBar | undefined;
  let last: Progress | undefined;
  let start = 0;
  let from = 0;
  const text = (progress: Progress): string =>
    escapeText(describe(progress, { seconds: (performance.now() - start) / 1000, from })).replaceAll("\n", " ");
  const clear = (): void => {
    bar?.stop();
    bar = undefined;
  };
  const end = (): void => {
    clear();
    if (last !== undefined && last.passing !== true) process.stderr.write(`${text(last)}\n`);
    last = undefined;
  };
  return {
    show(progress) {
      if (progress.label !== last?.label) {
        end();
        start = performance.now();
        from = progress.done;
      }
      last = progress;
      const total = progress.total ?? Math.max(1, progress.done);
      bar ??= openBar(progress, text(progress));
      bar.setTotal(total);
      bar.update(progress.done, { text: text(progress) });
    },
    clear,
    end,
  };
}

function openBar({ total }: Progress, text: string): SingleBar {
  const bar = new SingleBar({
    format: total === undefined ? "{text}" : "{bar} {text}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    fps: 8,
    stream: process.stderr,
    clearOnComplete: true,
    // Signals are main's business.
    gracefulExit: false,
  });
  bar.start(total ?? 1, 0, { text });
  return bar;
}
