/** @file Says what commands say, in an order that could garble a terminal. */
import { openConsole } from "../../dist/src/cli/terminal/console.js";

const console = await openConsole({ json: false, quiet: false, verbose: false, color: false });
console.reporter.progress({ label: "reading", done: 2, total: 10, unit: "rows" });
console.reporter.info("between");
console.reporter.progress({ label: "reading", done: 10, total: 10, unit: "rows" });
console.reporter.progress({ label: "next", done: 1, total: 2, unit: "\u001b[2Jrows" });
console.result("test", { result: {}, text: "the result" });
console.end();
