/**
 * @file Evaluates with the compiled code, in which one text was replaced as it was loaded, and prints what it finds.
 * Arguments: the compiled folder, the options of `evaluate` as JSON, and {file, find, replace} as JSON where something is broken.
 */
import { register } from "node:module";
import { pathToFileURL } from "node:url";

const [, , dist, options, patch] = process.argv;

const hook = `
  let patch;
  export const initialize = (data) => { patch = data; };
  export async function load(url, context, next) {
    const loaded = await next(url, context);
    if (!url.endsWith(patch.file)) return loaded;
    const parts = loaded.source.toString().split(patch.find);
    if (parts.length !== 2) throw new Error(patch.file + " holds " + (parts.length - 1) + " times: " + patch.find);
    return { ...loaded, source: parts.join(patch.replace) };
  }`;
if (patch !== undefined) register(`data:text/javascript,${encodeURIComponent(hook)}`, { data: JSON.parse(patch) });

const load = (path) => import(new URL(path, pathToFileURL(`${dist}/`)).href);
const { evaluate } = await load("src/evaluate/evaluate.js");
const { EvaluateOptions } = await load("src/schema/options/evaluate.js");
const { silentReporter } = await load("src/util/reporter.js");
const { discountedGain } = await load("eval/ranking.js");

const { trecEval } = await evaluate(EvaluateOptions.parse(JSON.parse(options)), {
  reporter: silentReporter,
  signal: new AbortController().signal,
});
const gain = discountedGain(Int32Array.of(1, -1, 3, 0, 2), Infinity);
process.stdout.write(JSON.stringify({ lines: trecEval.filter((line) => !line.startsWith("runid")), gain }));
