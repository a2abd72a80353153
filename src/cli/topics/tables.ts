/** @file `uniconv help tables` */

export const text = (): Promise<string> =>
  Promise.resolve(`Many systems in one table: uniconv evaluate --run a=… --run b=… --responses a=… (rows in the order given; at most 52 with letters)

  --compare baseline   every system against --baseline (default: the first): * where the test finds a difference
  --compare all        every pair: each system has a letter, and a score carries the letters of the systems it is better than
  --test               randomisation (two-sided, paired, --permutations sign flips; all of them where there are few enough), or t-test
  --holm-over          what Holm's correction takes together: the tests under one metric, or all tests of the table; p < 0.05 after it
  --delta-from BASE    beside each score its change: BASE is a system of the table, a folder of evaluate --output, or its metrics.json.
                       Scores over other turns are refused; other settings (averaging, depth, …) are named under the table

The best of a column is bold, the second best of three or more underlined; scores that print alike are alike. A terminal that is too narrow
gets the table in parts.

  --format latex, --report latex=FILE   floats with booktabs' rules; the caption holds split, turns, averaging, level and tests
  --format csv, --report csv=FILE       RFC 4180, a row per dataset, system and metric (and per group of --by); scores 0 to 1, in full

Columns of the CSV: dataset (of a suite), system, letter, role, metric, higher_is_better, by, group, value, ci_low, ci_high, n, reason (of a missing
value), baseline, difference, effect_size, t_p, randomisation_p, holm_p (against the baseline), marks (all letters), delta_from, base,
delta, protocol. A text that a spreadsheet would compute (it begins with = + - or @) has an apostrophe before it.
`);
