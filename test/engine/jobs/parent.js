/** @file A parent to be killed: runs one job, endless unless its argument says otherwise, and says the child's process id. */
import { runJob } from "../../../dist/src/engine/run-job.js";

const print = (message) => process.stdout.write(`${message}\n`);
await runJob({
  module: new URL("./scripted.js", import.meta.url),
  input: JSON.parse(process.argv[2] ?? '{ "act": "untilStopped" }'),
  context: { reporter: { info: print, warn: print, progress() {} }, signal: new AbortController().signal },
  name: "waiting",
});
