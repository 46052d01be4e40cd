import { expect, test } from "vitest";
import { foundInAll } from "../../../provider/rules/judge-kinds.ts";
import type { KindFinding } from "../../../provider/rules/kind-words.ts";

const finding = (path: string, weight: KindFinding["weight"]): KindFinding => ({
  path,
  word: path,
  weight,
  reason: `${path} is ${weight}`,
});

test("a word is wrong if it is wrong in every cluster, and no worse than where it is least wrong", () => {
  const east = [finding("a", "misspelt"), finding("b", "unknown"), finding("c", "misspelt")];
  const west = [finding("a", "misspelt"), finding("c", "unknown")];
  expect(foundInAll([east, west]).map(({ reason }) => reason)).toEqual([
    "a is misspelt (the same in every cluster)",
    "c is unknown (the same in every cluster)",
  ]);
  expect(foundInAll([east, []])).toEqual([]);
});

test("of one cluster all counts as it is, and of none nothing", () => {
  const east = [finding("a", "misspelt")];
  expect(foundInAll([east])).toEqual(east);
  expect(foundInAll([])).toEqual([]);
});
