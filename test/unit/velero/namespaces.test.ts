import { describe, expect, test } from "vitest";
import {
  chooseNamespaces,
  hasGlobs,
  hasPatterns,
  namesIn,
  namesNamespaces,
  namespaceEntryProblem,
} from "../../../provider/velero/namespace-selection.ts";

const existing = [
  "team-x",
  "shop",
  "db-1",
  "db-0",
  "kube-system",
  "team-2",
  "shop-test",
  "team-1",
  "billing",
];

interface Lists {
  included?: string[];
  excluded?: string[];
}
const chosen = ({ included, excluded }: Lists, { globsByVelero = true } = {}) =>
  chooseNamespaces({ includedNamespaces: included, excludedNamespaces: excluded }, existing, {
    globsByVelero,
  });

describe("Namespaces", () => {
  const teams = ["team-1", "team-2"];
  const allButShop = existing.filter((name) => name !== "shop").toSorted();
  const older = { globsByVelero: false };
  type Chosen = [resolved: string[] | undefined, sent?: Lists, missing?: string[]];

  test.each<[string, Lists, Chosen, typeof older?]>([
    ["of which none is named are all, and no list is made of them", {}, [undefined]],
    ["of an empty list are all", { included: [] }, [undefined]],
    ["of two empty lists are all", { included: [], excluded: [] }, [undefined]],
    [
      "that are named go as they are",
      { included: ["shop", "billing"], excluded: ["kube-system"] },
      [["billing", "shop"]],
    ],
    [
      "that are named and not there are told, and only those",
      { included: ["shop", "bills", "/^none$/", "none-*"], excluded: ["none"] },
      [["shop"], { included: ["shop"] }, ["bills"]],
    ],
    [
      "by globs are left to a Velero that resolves them at every run",
      { included: ["team-[0-9]", "db-?", "shop*"], excluded: ["*-test"] },
      [["db-0", "db-1", "shop", ...teams]],
    ],
    [
      "by globs are resolved for a Velero that takes them for names",
      { included: ["team-?", "shop"], excluded: ["*-x"] },
      [["shop", ...teams], { included: ["shop", ...teams], excluded: ["team-x"] }],
      older,
    ],
    ['by "*" are all of them', { included: ["*"], excluded: ["shop"] }, [allButShop]],
    ['by "*" are so for every Velero', { included: ["*"], excluded: ["shop"] }, [allButShop], older],
    [
      "by regular expressions are resolved here, with all that stands in the same list",
      { included: ["/^team-\\d$/", "billing", "db-*"], excluded: ["db-1"] },
      [["billing", "db-0", ...teams], { included: ["billing", "db-0", ...teams] }],
    ],
    [
      "match wherever an expression does",
      { included: ["/m-/"] },
      [[...teams, "team-x"], { included: [...teams, "team-x"] }],
    ],
    ["match where an expression says", { included: ["/^m-/"] }, [[], { included: [] }]],
    [
      "to leave out are taken from what the others of the list give, in whatever order they stand",
      { included: ["~/-test$/", "shop*", "~/^team/", "team-1"] },
      [["shop"], { included: ["shop"] }],
    ],
    [
      "to leave out, with no others, are taken from all",
      { included: ["~/^(team|db|kube)-/", "~/-test$/"] },
      [["billing", "shop"], { included: ["billing", "shop"] }],
    ],
    [
      "of the second list are resolved where they are regular expressions, and the first one is not for that",
      { included: ["team-*"], excluded: ["/x$/", "db-0"] },
      [teams, { excluded: ["db-0", "team-x"] }],
    ],
    [
      "to leave out, of which there are none",
      { excluded: ["/^none$/"] },
      [existing.toSorted(), { excluded: [] }],
    ],
  ])("%s: %j", (_what, lists, [resolved, sent, missing = []], how) => {
    expect(chosen(lists, how)).toEqual({
      missing,
      ...(resolved && { resolved }),
      ...(sent && {
        sent: {
          ...(sent.included && { includedNamespaces: sent.included }),
          ...(sent.excluded && { excludedNamespaces: sent.excluded }),
        },
      }),
    });
  });

  test.each<[Lists, boolean, Lists]>([
    [{ included: ["/^team-/"], excluded: ["team-x"] }, true, { included: ["team-1", "team-2"] }],
    [
      { included: ["/^team-/"], excluded: ["/x$/"] },
      true,
      { included: ["team-1", "team-2"], excluded: ["team-x"] },
    ],
    [
      { included: ["shop", "billing"], excluded: ["/^bill/"] },
      true,
      { included: ["shop"], excluded: ["billing"] },
    ],
    [
      { included: ["shop", "billing"], excluded: ["bill*"] },
      false,
      { included: ["shop"], excluded: ["billing"] },
    ],
  ])(
    "never stand in both of Velero's lists, which it refuses: %j",
    (lists, globsByVelero, { included, excluded }) => {
      expect(chosen(lists, { globsByVelero }).sent).toEqual({
        includedNamespaces: included,
        excludedNamespaces: excluded,
      });
    },
  );
});

describe("What Velero's own tests expect of its globs is what they mean here", () => {
  test.each([
    [["ns1", "ns3"], ["ns1", "ns2"], ["ns1"]],
    [["app-*"], ["app-prod", "app-staging", "db-prod"], ["app-prod", "app-staging"]],
    [["*-app-*"], ["my-app-prod", "your-app-x", "app-prod", "system-ns"], ["my-app-prod", "your-app-x"]],
    [
      ["app-*", "*-prod"],
      ["app-prod", "app-x", "db-prod", "db"],
      ["app-prod", "app-x", "db-prod"],
    ],
    [["ns?"], ["ns1", "ns2", "ns10", "ns", "test"], ["ns1", "ns2"]],
    [["ns[abc]"], ["nsa", "nsb", "nsc", "nsx", "ns1", "nsab"], ["nsa", "nsb", "nsc"]],
    [["ns[a-c]"], ["nsa", "nsb", "nsc", "nsd", "ns1", "ns-"], ["nsa", "nsb", "nsc"]],
    // A dash that is not the second is one letter of several.
    [["ns[bc-e]x"], ["nsbx", "nscx", "ns-x", "nsex", "nsdx"], ["ns-x", "nsbx", "nscx", "nsex"]],
    [["missing-*"], ["app-prod"], []],
  ])("%j", (includedNamespaces, there, expected) => {
    const { resolved } = chooseNamespaces({ includedNamespaces }, there, { globsByVelero: true });
    expect(resolved).toEqual(expected);
  });
});

describe("An entry", () => {
  test.each(["shop", "team-*", "*", "db-?", "x-[abc]", "x-[a-c]", "/^team-\\d+$/", "/a|b/", "x".repeat(63)])(
    "%j is good in both lists",
    (entry) => {
      expect(namespaceEntryProblem(entry, "included")).toBeUndefined();
      expect(namespaceEntryProblem(entry, "excluded")).toBeUndefined();
    },
  );

  test("that leaves out is good in the first list alone", () => {
    expect(namespaceEntryProblem("~/-test$/", "included")).toBeUndefined();
    expect(namespaceEntryProblem("~/-test$/", "excluded")).toBe(
      'leaves out already; "~/…/" belongs to includedNamespaces',
    );
  });

  test.each([
    ["/^team-", /needs a slash at both ends/],
    ["~/test", /needs a slash at both ends/],
    ["//", /needs a slash at both ends/],
    ["/(/", /^\/\(\/ is no regular expression: .*[Uu]nterminated group/],
    ["a**", /no two \* in a row/],
    ["a{b,c}*", /is no glob of Velero's: those have \*, \? and \[a-c\] only/],
    ["a{b,c}", /can be the name of no namespace/],
    ["*(a|b)", /is no glob/],
    ["[!a]", /is no glob/],
    ["ns[abc", /unclosed or empty \[ \]/],
    ["ns]", /unclosed or empty \[ \]/],
    ["ns[]", /unclosed or empty \[ \]/],
    ["ns[a-z0-9]", /has \[a-z0-9\], where Velero takes one range, \[a-c\], or letters, \[abc\]/],
    ["ns[c-a]", /has \[c-a\], where/],
    ["ns[a-]", /has \[a-\], where/],
    ["Shop", /can be the name of no namespace/],
    ["team_*", /can be the name of no namespace/],
    ["-team*", /can be the name of no namespace/],
    ["team-", /can be the name of no namespace/],
    ["kube.system", /can be the name of no namespace/],
    ["~shop", /can be the name of no namespace/],
    ["x".repeat(64), /at most 63/],
  ])("%j, which Velero would refuse or take for something else, is refused", (entry, words) => {
    expect(namespaceEntryProblem(entry, "included")).toMatch(words);
    expect(namespaceEntryProblem(entry, "excluded")).toMatch(words);
  });
});

test.each<[string[], { named: boolean; globs: boolean; patterns: boolean; names: string[] }]>([
  [[], { named: false, globs: false, patterns: false, names: [] }],
  [["*"], { named: false, globs: false, patterns: false, names: [] }],
  [["shop", "a-*"], { named: true, globs: true, patterns: false, names: ["shop"] }],
  [["/a/", "shop"], { named: true, globs: false, patterns: true, names: ["shop"] }],
  [["~/a/"], { named: true, globs: false, patterns: true, names: [] }],
])(
  "of %j it is known what has to be looked up for it: %j",
  (includedNamespaces, { named, globs, patterns, names }) => {
    expect(namesNamespaces({ includedNamespaces })).toBe(named);
    expect(hasGlobs({ includedNamespaces })).toBe(globs);
    expect(hasPatterns({ includedNamespaces })).toBe(patterns);
    expect(namesIn({ includedNamespaces })).toEqual(names);
    const excluded = { excludedNamespaces: includedNamespaces };
    expect([namesNamespaces(excluded), hasGlobs(excluded), hasPatterns(excluded)]).toEqual([
      named,
      globs,
      patterns,
    ]);
  },
);
