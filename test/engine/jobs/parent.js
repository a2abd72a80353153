/** @file A parent to be killed: runs one endless job and says the child's process id. */
import { runJob } from "../../../dist/src/engine/run-job.js";

const print = (message) => process.stdout.write(`${message}\n`);
await runJob({
  module: new URL("./scripted.js", import.meta.url),
  input: { act: "untilStopped" },
  context: { reporter: { info: print, warn: print, progress() {} }, signal: new AbortController().signal },
  name: "waiting",
});
