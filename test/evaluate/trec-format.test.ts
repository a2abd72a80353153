/** @file Numbers as C prints them. */
import { expect, it } from "vitest";
import { fourDecimals } from "../../src/evaluate/trec-format.ts";

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
