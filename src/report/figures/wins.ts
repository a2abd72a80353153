/** @file Figure: on how many turns a system beats the baseline system, equals it, or loses to it. */
import { BETTER, FONT, type Figure, legendOf, PAGE, page, panelTitle, WORSE } from "./figure.ts";
import { axesOf, type Pair } from "./pairs.ts";
import { shownNames, textWidth } from "./text.ts";

const ROW = 18;

/** Won, tied and lost turns as parts of a bar per system, the counts written in where they fit. */
export function winsFigure(pairs: readonly Pair[], baseline: string): Figure {
  const { metrics, names, shown } = axesOf(pairs, 130);
  const left = Math.max(...shown.map((name) => textWidth(name, FONT.label)));
  const columns = metrics.length === 1 ? 1 : 2;
  const width = Math.floor((PAGE - left - 20) / columns) - 14;
  const values = pairs.flatMap(({ system, metric, differences }) => {
    const better = differences.filter((one) => one > 0).length;
    const worse = differences.filter((one) => one < 0).length;
    const n = differences.length;
    const parts = [
      { verdict: "better", turns: better },
      { verdict: "equal", turns: n - better - worse },
      { verdict: "worse", turns: worse },
    ];
    let from = 0;
    return parts.map(({ verdict, turns }) => {
      const [start, end] = [from, (from += (100 * turns) / n)];
      const fits = ((end - start) / 100) * width > textWidth(String(turns), FONT.small) + 4;
      const share = { from: Number(start.toFixed(4)), to: Number(end.toFixed(4)) };
      return {
        panel: metrics.indexOf(metric),
        system: shown[names.indexOf(system)]!,
        verdict,
        turns,
        n,
        ...share,
        text: fits ? String(turns) : "",
      };
    });
  });
  // A system without the metric says so, where an empty row would look like a result.
  const absent = names.flatMap((name, i) =>
    metrics.flatMap((metric, panel) =>
      pairs.some((pair) => pair.system === name && pair.metric === metric) ? [] : [{ panel, system: shown[i]!, absent: true }],
    ),
  );
  const [base] = shownNames([baseline], PAGE - 60, FONT.small);
  const title = "Turns won and lost";
  const verdicts = { domain: ["better", "equal", "worse"], range: [BETTER, "#d9d9d9", WORSE] };
  return {
    name: "wins",
    title,
    spec: page({
      title,
      subtitle: `share of the turns on which a system scores better than, equal to or worse than ${base}; numbers: turns`,
      values: [...values, ...absent],
      columns,
      panels: metrics.map((metric, panel) => ({
        title: panelTitle(`${metric} (n\u00a0${Math.max(...values.filter((value) => value.panel === panel).map(({ n }) => n))})`, {
          width,
          left: panel % columns === 0 ? Math.round(left) : 0,
        }),
        width,
        height: ROW * names.length,
        encoding: {
          y: {
            field: "system",
            type: "nominal",
            scale: { domain: shown, paddingInner: 0.25 },
            axis: { title: null, labels: panel % columns === 0, ticks: false, domain: false, labelPadding: 6 },
          },
        },
        layer: [
          {
            mark: { type: "bar" },
            encoding: {
              x: {
                field: "from",
                type: "quantitative",
                scale: { domain: [0, 100], nice: false },
                axis: { title: "turns (%)", values: [0, 25, 50, 75, 100], grid: false },
              },
              x2: { field: "to" },
              color: { field: "verdict", type: "nominal", scale: verdicts, legend: { ...legendOf(verdicts.domain), symbolType: "square" } },
            },
          },
          {
            transform: [{ filter: "datum.absent" }],
            mark: { type: "text", text: "n/a", align: "left", dx: 3, color: "#1a1a1a" },
            encoding: { x: { value: 0 } },
          },
          {
            transform: [{ calculate: "(datum.from + datum.to) / 2", as: "middle" }],
            mark: { type: "text" },
            encoding: {
              x: { field: "middle", type: "quantitative" },
              text: { field: "text", type: "nominal" },
              color: { condition: { test: "datum.verdict === 'equal'", value: "#1a1a1a" }, value: "white" },
            },
          },
        ],
      })),
    }),
  };
}
