import { describe, expect, test } from "vitest";
import { globToRegExp, listFilter } from "../../../provider/velero/matching.ts";

/** As gobwas/glob has it, by which Velero reads them in a restore. */
test.each([
  ["shop", ["shop"], ["shop-2", "ashop", ""]],
  ["*", ["shop", "a.b", ""], []],
  ["team-*", ["team-", "team-1"], ["ateam-1", "team"]],
  ["*-db", ["a-db", "-db"], ["a-db-2"]],
  ["db-?", ["db-1"], ["db-", "db-12"]],
  ["app-[a-c]", ["app-a", "app-c"], ["app-d", "app-"]],
  ["app-[abc]", ["app-b"], ["app-d"]],
  ["app-[!a-c]", ["app-d"], ["app-a", "app-"]],
  ["{a,b}-db", ["a-db", "b-db"], ["c-db", "a", "b"]],
  ["{team-*,shop}", ["team-1", "shop"], ["shops"]],
  ["*.apps", ["deployments.apps"], ["deploymentsXapps", "apps"]],
  ["a.b", ["a.b"], ["axb"]],
  ["a+(b)|c$^", ["a+(b)|c$^"], ["aab", "a", "c"]],
  ["a,b", ["a,b"], ["a", "b"]],
  ["\\*", ["*"], ["shop"]],
])("%s means %j and not %j", (glob, meant, others) => {
  for (const text of meant) expect(globToRegExp(glob).test(text), text).toBe(true);
  for (const text of others) expect(globToRegExp(glob).test(text), text).toBe(false);
});

/** The kinds that a rule is about. */
test.each([
  ["deployments.apps", ["deployments.apps"], ["deploymentsXapps", "deployments"]],
  ["*", ["pods"], ["deployments.apps"]],
  ["*.apps", ["deployments.apps"], ["apps", "a.b.apps"]],
  ["**", ["pods", "deployments.apps", "widgets.example.com"], []],
  ["widgets.**", ["widgets.example.com"], ["widgets"]],
  ["pod?", ["pods"], ["pod."]],
  ["{pods,*.batch}", ["pods", "jobs.batch"], ["jobs"]],
])("with dots between its words %s means %j and not %j", (glob, meant, others) => {
  for (const text of meant) expect(globToRegExp(glob, ".").test(text), text).toBe(true);
  for (const text of others) expect(globToRegExp(glob, ".").test(text), text).toBe(false);
});

test.each(["a[", "{a", "a}", "[b-a]"])("%s is no glob, and means nothing", (glob) => {
  for (const text of ["a", "b", ""]) expect(globToRegExp(glob).test(text)).toBe(false);
});

describe("A list", () => {
  test.each<[string[] | undefined, string[] | undefined, boolean]>([
    [undefined, undefined, true],
    [[], [], true],
    [["shop"], undefined, true],
    [["sh*", "x"], ["billing"], true],
    [["billing"], undefined, false],
    [undefined, ["shop"], false],
    [["shop"], ["s*"], false],
  ])("of %j without %j has shop: %s", (included, excluded, expected) => {
    expect(listFilter(included, excluded)("shop")).toBe(expected);
  });
});
