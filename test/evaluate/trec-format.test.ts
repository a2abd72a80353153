/** @file What --format trec_eval prints: numbers as C does. */
import { expect, it } from "vitest";
import { fourDecimals } from "../../src/evaluate/trec-format.ts";
import { printfFixed } from "../../src/util/printf.ts";

it.each([
  [0.03125, "0.0312"],
  [0.09375, "0.0938"],
  [0.15625, "0.1562"],
  [0.5, "0.5000"],
  [0, "0.0000"],
  [1, "1.0000"],
  [0.00005, "0.0001"],
  [0.12345, "0.1235"],
  [12.40625, "12.4062"],
])("%d prints as %s, exact ties to the even digit", (value, printed) => {
  expect(fourDecimals(value)).toBe(printed);
});

it.each([
  [0.125, "0.12"],
  [0.375, "0.38"],
  [0.1, "0.10"],
  [1, "1.00"],
])("the recall point %d prints as %s", (value, printed) => {
  expect(printfFixed(value, 2)).toBe(printed);
});
