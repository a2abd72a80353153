/** @file --print-config: the resolved options as a file that --config reads back; what is missing stands there as a comment. */
import { Document, type Pair, type Scalar } from "yaml";
import { UsageError } from "../../util/errors.ts";
import { problems } from "./problems.ts";
import type { Resolved } from "./resolve.ts";

export interface PrintedConfig {
  /** Defaults included; required options that are missing are absent. */
  values: Record<string, unknown>;
  yaml: string;
}

/** Missing required options are forgiven, so that it makes a file to fill in; everything else is refused. */
export function printConfig({ schema, given, layers, specs }: Resolved, name: string): PrintedConfig {
  const parsed = schema.safeParse(given, { reportInput: true });
  const missing = new Set(specs.filter(({ key, required }) => required && !(key in given)).map(({ key }) => key));
  if (!parsed.success) {
    const rest = parsed.error.issues.filter(({ path }) => path.length === 0 || !missing.has(String(path[0])));
    if (rest.length > 0) throw new UsageError(problems(rest, { schema, layers, specs }).join("\n"));
  }
  const all = parsed.success ? parsed.data : given;
  const values: Record<string, unknown> = {};
  for (const { key, default: fallback } of specs) {
    const value = all[key] ?? fallback;
    if (value !== undefined) values[key] = value;
  }
  return { values, yaml: toYaml(values, { name, missing: specs.filter(({ key }) => missing.has(key)), layers }) };
}

interface About {
  name: string;
  missing: Resolved["specs"];
  layers: Resolved["layers"];
}

function toYaml(values: Record<string, unknown>, { name, missing, layers }: About): string {
  const document = new Document(values);
  const lines = missing.map(({ key, summary }) => ` ${key}: required: ${summary}`);
  document.commentBefore = [` uniconv ${name} --config THIS_FILE`, ...lines].join("\n");
  const items = (document.contents as unknown as { items?: Pair<Scalar<string>, Scalar>[] } | null)?.items ?? [];
  for (const { key, value } of items) {
    const layer = layers.find((one) => key.value in one.values);
    if (layer !== undefined && value !== null && "value" in value) value.comment = ` ${layer.name ?? layer.kind}`;
  }
  return document.toString({ lineWidth: 0 });
}
