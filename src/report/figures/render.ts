/** @file From a Vega-Lite specification to SVG: without a browser, a canvas or the network, and the same bytes every time. */
import type { TopLevelSpec } from "vega-lite";
import type { Spec } from "./figure.ts";
import { textWidth } from "./text.ts";

export interface Renderer {
  /** Throws where the specification is not one of Vega-Lite; `warn` hears of what Vega found odd in it. */
  svg(spec: Spec, title: string, warn?: (message: string) => void): Promise<string>;
}

let loaded: Promise<Renderer> | undefined;

/** Vega is large: it is loaded when the first figure is drawn. */
export function renderer(): Promise<Renderer> {
  return (loaded ??= load());
}

async function load(): Promise<Renderer> {
  const vega = await import("vega");
  const { compile } = await import("vega-lite");
  // Vega guesses 0.8 of the font size per letter without a canvas, and would measure with one: pictures would differ by what is installed.
  const metrics = (vega as unknown as { textMetrics: { width: (item: TextItem, text: string | number | null | undefined) => number } })
    .textMetrics;
  metrics.width = (item, text) => (text == null ? 0 : textWidth(String(text).trim(), { size: item.fontSize ?? 11, bold: isBold(item) }));
  return {
    async svg(spec, title, warn = () => {}) {
      const logger = quiet(warn);
      const compiled = compile(spec as unknown as TopLevelSpec, { logger }).spec;
      const view = new vega.View(vega.parse(compiled), { renderer: "none", logger, loader: NOTHING });
      try {
        (vega as unknown as { resetSVGDefIds(): void }).resetSVGDefIds();
        return titled(rounded(await view.toSVG()), title);
      } finally {
        view.finalize();
      }
    },
  };
}

interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
}

const isBold = ({ fontWeight }: TextItem): boolean => fontWeight === "bold" || Number(fontWeight) >= 600;

/** The data is inline: whatever asks for a file or an address is refused. */
const refuse = (address: string): Promise<never> => Promise.reject(new Error(`a figure asked for ${address}`));
const NOTHING = { load: refuse, sanitize: refuse, http: refuse, file: refuse } as never;

function quiet(warn: (message: string) => void) {
  const logger = {
    level: () => logger,
    error: (...parts: readonly unknown[]) => {
      throw new Error(parts.map(String).join(" "));
    },
    warn: (...parts: readonly unknown[]) => (warn(parts.map(String).join(" ")), logger),
    info: () => logger,
    debug: () => logger,
  };
  return logger as never;
}

/** Coordinates to a thousandth of a pixel; texts stay as they are. */
function rounded(svg: string): string {
  return svg.replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{4,}(e-?\d+)?/g, (digits) => String(Number(Number(digits).toFixed(3)))));
}

/** A title of the document itself, for those who cannot see it. */
function titled(svg: string, title: string): string {
  const text = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `${svg.replace(/^(<svg\b[^>]*)>/, `$1 role="img"><title>${text.replaceAll("$", "$$$$")}</title>`)}\n`;
}
