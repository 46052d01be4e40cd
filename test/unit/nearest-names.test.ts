import { expect, test } from "vitest";
import { nearestNames } from "../../provider/core/validate.ts";

const KINDS = ["pods", "secrets", "services", "deployments.apps", "statefulsets.apps", "nodes"];

test.each([
  ["secrts", ["secrets"]],
  ["secretss", ["secrets"]],
  ["esrvices", ["services"]],
  ["statefullset.apps", ["statefulsets.apps"]],
  ["Deployments.aps", ["deployments.apps"]],
  ["podes", ["nodes", "pods"]],
  ["nods", ["nodes", "pods"]],
  ["gizmos", []],
  ["widgets.example.com", []],
])("%s may stand for %j", (word, names) => {
  expect(nearestNames(word, KINDS)).toEqual(names);
});

test("of several those that are as near as the nearest, and no more than asked for", () => {
  const known = ["tree", "tier", "time", "tired"];
  expect(nearestNames("tire", known)).toEqual(["tier", "time", "tired"]);
  expect(nearestNames("tire", known, { most: 2 })).toEqual(["tier", "time"]);
  expect(nearestNames("tre", known, { mistakes: 3 })).toEqual(["tree"]);
});

test("a swap of two letters, a letter too many, too few, and another one are a mistake each", () => {
  for (const word of ["acb", "abbc", "ac", "axc"]) expect(nearestNames(word, ["abc"])).toEqual(["abc"]);
  expect(nearestNames("cba", ["abc"])).toEqual([]);
});
