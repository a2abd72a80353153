/** @file Reads SVG as an XML parser would, refusing what is not well-formed, and says where each text stands. */
import { textWidth } from "../../src/report/figures/text.ts";

export interface Element {
  name: string;
  attributes: Record<string, string>;
}

export interface PlacedText {
  text: string;
  box: { left: number; right: number; top: number; bottom: number };
}

export interface Svg {
  width: number;
  height: number;
  elements: Element[];
  texts: PlacedText[];
}

interface Place {
  x: number;
  y: number;
  turned: boolean;
}

const ENTITY = /^(amp|lt|gt|quot|apos|#39|#\d+)$/;

/** Throws an error that names the place. */
export function readSvg(source: string): Svg {
  // oxlint-disable-next-line no-control-regex -- XML 1.0 cannot hold these, not even as references
  const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.exec(source);
  if (illegal !== null) throw new Error(`character ${illegal[0].codePointAt(0)} at ${illegal.index} is none of XML`);
  const open: (Element & Place)[] = [];
  const elements: Element[] = [];
  const texts: PlacedText[] = [];
  const token = /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let line = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (match === null) throw new Error(`not well-formed at ${at}: ${source.slice(at, at + 60)}`);
    const [, closing, name, rest, single, text] = match;
    if (text !== undefined) {
      const value = decoded(text);
      const inside = open.findLast((element) => element.name === "text");
      if (inside === undefined && value.trim() !== "" && open.at(-1)?.name !== "title") throw new Error(`text outside of <text>: ${value}`);
      if (inside !== undefined) texts.push({ text: value, box: boxOf(value, inside, line) });
    } else if (closing === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing at ${at}`);
    } else {
      const attributes: Record<string, string> = {};
      for (const [, key, value] of rest!.matchAll(/([\w:-]+)="([^"]*)"/g)) {
        if (Object.hasOwn(attributes, key!)) throw new Error(`${key} twice at ${at}`);
        attributes[key!] = decoded(value!);
      }
      const above = open.at(-1) ?? { x: 0, y: 0, turned: false };
      line = name === "tspan" ? line + Number(attributes["dy"] ?? 0) : name === "text" ? 0 : line;
      const element = { ...moved(above, attributes["transform"] ?? ""), name: name!, attributes };
      elements.push(element);
      if (single !== "/") open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`${open.map((element) => element.name).join(", ")} not closed`);
  const [root] = elements;
  return { width: Number(root!.attributes["width"]), height: Number(root!.attributes["height"]), elements, texts };
}

function decoded(text: string): string {
  const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&([^;]{0,8};)?/g, (whole, name: string | undefined) => {
    const entity = name?.slice(0, -1) ?? "";
    if (!ENTITY.test(entity)) throw new Error(`${whole} is no entity`);
    return NAMED[entity] ?? String.fromCodePoint(Number(entity.slice(1)));
  });
}

/** Moves and quarter turns to the left are all there is. */
function moved(from: Place, transform: string): Place {
  const place = { ...from };
  for (const [, kind, values] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [a = 0, b = 0] = values!.split(",").map(Number);
    if (kind === "rotate") place.turned = a !== 0;
    else if (place.turned) [place.x, place.y] = [place.x + b, place.y - a];
    else [place.x, place.y] = [place.x + a, place.y + b];
  }
  return place;
}

function boxOf(text: string, { attributes, x, y, turned }: Element & Place, line: number): PlacedText["box"] {
  const size = Number.parseFloat(attributes["font-size"] ?? "11");
  const width = textWidth(text, { size, bold: attributes["font-weight"] === "bold" });
  const before = { start: 0, middle: width / 2, end: width }[attributes["text-anchor"] ?? "start"]!;
  const [up, down] = [size * 0.75 - line, size * 0.1 + line];
  if (turned) return { left: x - up, right: x + down, top: y - (width - before), bottom: y + before };
  return { left: x - before, right: x - before + width, top: y - up, bottom: y + down };
}
