import { expect, test } from "vitest";
import { quantityOf } from "../../../provider/kubernetes/resources.ts";

test.each<[unknown, number | undefined]>([
  ["1Gi", 2 ** 30],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["1G", 1e9],
  ["500m", 0.5],
  ["1.5Ki", 1536],
  ["12", 12],
  [12, 12],
  ["12e6", 12e6],
  ["1E", 1e18],
  ["100m", 0.1],
  ["2k", 2_000],
  ["1 Gi", undefined],
  ["much", undefined],
  ["", undefined],
  ["Gi", undefined],
  ["1Zi", undefined],
  [undefined, undefined],
])("%j is %j", (text, expected) => {
  expect(quantityOf(text)).toBe(expected);
});
