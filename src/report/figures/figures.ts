/** @file Every figure that an evaluation has the data for. */
import { differencesFigure } from "./differences.ts";
import { type Figure, headed } from "./figure.ts";
import { groupsFigure } from "./groups.ts";
import { pairsOf } from "./pairs.ts";
import { scatterFigure } from "./scatter.ts";
import { type Dataset, scoresFigure } from "./scores.ts";
import type { FigureSource } from "./source.ts";
import { winsFigure } from "./wins.ts";

export function figuresOf(source: FigureSource): Figure[] {
  const figures = [
    scoresFigure([{ title: "", source }]),
    ...source.breakdowns.map((breakdown) => groupsFigure(breakdown)),
    scatterFigure(source),
    ...comparisons(source),
  ];
  return distinct(figures.filter((figure) => figure !== undefined));
}

/** Of the baseline system and the others, where scores per turn are at hand. */
function comparisons(source: FigureSource): Figure[] {
  const pairs = pairsOf(source);
  return pairs.length === 0 ? [] : [differencesFigure(pairs, source.baseline!), winsFigure(pairs, source.baseline!)];
}

/** The scores of all datasets in one figure, and what else there is of each, its name in front. */
export function figuresOfDatasets(datasets: readonly Dataset[]): Figure[] {
  const scores = scoresFigure(datasets);
  const each = datasets.flatMap(({ title, source }) =>
    figuresOf(source)
      .filter(({ name }) => name !== "scores")
      .map((figure) => headed(figure, title)),
  );
  return distinct(scores === undefined ? each : [scores, ...each]);
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
