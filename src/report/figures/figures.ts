/** @file Every figure that an evaluation has the data for. */
import { differenceFigures } from "./differences.ts";
import type { Figure } from "./figure.ts";
import { groupsFigure } from "./groups.ts";
import { scatterFigure } from "./scatter.ts";
import { scoresFigure } from "./scores.ts";
import type { FigureSource } from "./source.ts";

export function figuresOf(source: FigureSource): Figure[] {
  const figures = [
    scoresFigure([{ title: "", source }]),
    ...source.breakdowns.map((breakdown) => groupsFigure(breakdown)),
    scatterFigure(source),
    ...differenceFigures(source),
  ];
  return distinct(figures.filter((figure) => figure !== undefined));
}

/** Figures of two tags may come out under one file name. */
function distinct(figures: readonly Figure[]): Figure[] {
  const taken = new Set<string>();
  return figures.map((figure) => {
    let { name } = figure;
    for (let twin = 2; taken.has(name); twin++) name = `${figure.name}-${twin}`;
    taken.add(name);
    return { ...figure, name };
  });
}
