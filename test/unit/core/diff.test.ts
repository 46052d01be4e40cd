import { expect, test } from "vitest";
import { diffBy } from "../../../provider/core/check.ts";
import type { Owner } from "../../../provider/core/identity.ts";
import { testSession } from "../session.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";

const session = testSession();

interface Inputs extends Owner {
  bucket: string;
  namespace?: string;
  labels?: Record<string, string>;
}

const lineage = "of the stack";

/** Under today's defaults, as the kinds do it. */
const view = ({ bucket, namespace = "velero", labels = {} }: Inputs) => ({ bucket, namespace, labels });

const diff = (
  state: Omit<Inputs, keyof Owner>,
  news: Omit<Inputs, keyof Owner>,
  owners = { before: "a", after: "a" },
) =>
  diffBy<Inputs>(
    session,
    { owner: owners.before, lineage, ...state },
    { owner: owners.after, lineage, ...news },
    view,
  );

test("names the properties that need a new object", () => {
  expect(diff({ bucket: "a" }, { bucket: "b", namespace: "other" })).toEqual({
    replaces: ["bucket", "namespace"],
    unfinished: false,
  });
});

test("a default that is new is no change", () => {
  expect(diff({ bucket: "a" }, { bucket: "a", namespace: "velero", labels: {} }).replaces).toEqual([]);
});

test("the order of keys is no change", () => {
  const state = { bucket: "a", labels: { x: "1", y: "2" } };
  expect(diff(state, { labels: { y: "2", x: "1" }, bucket: "a" }).replaces).toEqual([]);
});

test("what is unknown replaces nothing, and hides nothing that is known", () => {
  const state = { bucket: "a", labels: { x: "1" } };
  expect(diff(state, { bucket: UNKNOWN, labels: { x: UNKNOWN } }).replaces).toEqual([]);
  expect(diff(state, { bucket: "b", labels: { x: UNKNOWN } }).replaces).toEqual(["bucket"]);
});

test("what was not finished needs an update although nothing has changed", () => {
  const state = { owner: "a", lineage, bucket: "a", unfinished: "timed out" };
  expect(diffBy<Inputs>(session, state, { owner: "a", lineage, bucket: "a" }, view)).toEqual({
    replaces: [],
    unfinished: true,
  });
});

test("a resource under a new owner is still declared under its old one", () => {
  diff({ bucket: "a" }, { bucket: "b" }, { before: "renamed from", after: "renamed to" });
  expect(session.checked.has("renamed from")).toBe(true);
  expect(session.checked.lineageOf("renamed from")).toBe(lineage);
});

test("the comparison of a refresh does not make a resource count as declared, so that destroy --refresh deletes", () => {
  diff({ bucket: "a" }, { bucket: "a" }, { before: "refreshed", after: "refreshed" });
  expect(session.checked.has("refreshed")).toBe(false);
});
