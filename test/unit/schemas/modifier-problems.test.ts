import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import {
  type JsonPatch,
  modifierProblems,
  type ModifierRule,
} from "../../../provider/velero/modifier-rule.ts";

const conditions = { groupResource: "configmaps" };
const replace = (value: string, path = "/data/a"): ModifierRule => ({
  conditions,
  patches: [{ operation: "replace", path, value }],
});
const patch = (of: JsonPatch): ModifierRule => ({ conditions, patches: [of] });
const named = (resourceNameRegex: string): ModifierRule => ({
  conditions: { ...conditions, resourceNameRegex },
  mergePatches: [{ patchData: "{}" }],
});
const merge = (patchData: string): ModifierRule => ({ conditions, mergePatches: [{ patchData }] });
const found = (rule: ModifierRule) => modifierProblems(rule).map(({ path, reason }) => `${path} ${reason}`);

describe("A rule of resource modifiers is taken", () => {
  test.each([
    "plain",
    "",
    '"3"',
    '"true"',
    '"null"',
    "3",
    "-1.5e3",
    "1e999",
    "0x10",
    "true",
    "null",
    '{"a":"b"}',
    '["a"]',
    String.raw`say \"hi\"`,
    String.raw`C:\\temp`,
    String.raw`two\nlines`,
    '"',
    UNKNOWN,
  ])("with the value %j", (value) => {
    expect(found(replace(value))).toEqual([]);
    const matching = { conditions: { ...conditions, matches: [{ path: "/data/a", value }] } };
    expect(found({ ...merge("{}"), ...matching })).toEqual([]);
  });

  test.each([
    "^web-",
    "(?i)web",
    "(?P<n>x)y",
    String.raw`\Aweb\z`,
    String.raw`\Qa.(b\E`,
    "[[:alpha:]]+",
    "[[:alpha:]0-9]+",
    String.raw`\pL\p{Greek}`,
    String.raw`\x{41}\/\_\12`,
    "a{2,1000}",
    String.raw`a\\1`,
  ])("with the pattern %s", (pattern) => expect(found(named(pattern))).toEqual([]));

  test.each(["{}", '{"data":{"a":null}}', "data:\n  a: b\n", "data: {a: b}", "{data: {a: b}}", UNKNOWN])(
    "with the merge patch %j",
    (data) => expect(found(merge(data))).toEqual([]),
  );

  test("with strategic patches of the kinds that Velero knows", () => {
    for (const groupResource of [
      "pods",
      "deployments.apps",
      "cronjobs.batch",
      "*.networking.k8s.io",
      UNKNOWN,
    ])
      expect(found({ conditions: { groupResource }, strategicPatches: [{ patchData: "{}" }] })).toEqual([]);
  });
});

describe("A rule of resource modifiers is refused", () => {
  test.each([
    [
      'say "hi"',
      String.raw`breaks the patch that Velero makes of it: quotes, backslashes and line breaks stand in it as JSON has them, say \"hi\"`,
    ],
    ['x", "path": "/data/b', "breaks the patch"],
    ["two\nlines", String.raw`two\nlines`],
    [String.raw`C:\temp\x`, String.raw`C:\\temp\\x`],
    ["True", "goes into the patch without quotes, and is no JSON. Write it as '\"True\"' for a text"],
    ["NaN", "without quotes"],
    ["+1", "without quotes"],
    [".5", "without quotes"],
    ["007", "without quotes"],
    ["1_000", "without quotes"],
    ["0x1p4", "without quotes"],
    ["{a: b}", "begins as an object or a list does, and is no JSON"],
    ["[1", "begins as an object or a list does, and is no JSON"],
  ])("with the value %j", (value, reason) => {
    expect(found(replace(value))).toEqual([expect.stringContaining(reason)]);
    expect(found(replace(value))[0]).toMatch(/^patches\.0\.value /);
    const matching = { conditions: { ...conditions, matches: [{ path: "/data/a", value }] } };
    expect(found({ ...merge("{}"), ...matching })).toEqual([
      expect.stringMatching(/^conditions\.matches\.0\.value /),
    ]);
  });

  test.each([
    ["(?=x)", "looks ahead or behind"],
    ["(?<!x)y", "looks ahead or behind"],
    [String.raw`(a)\1`, "refers back to a group"],
    [String.raw`\u0041`, "has an escape that Go does not know"],
    [String.raw`\Z`, "has an escape that Go does not know"],
    ["a{2}b{1001}", "repeats nothing over 1000 times"],
    ["a{1001}", "repeats nothing over 1000 times"],
    ["(web", "is no regular expression: "],
    ["a**", "is no regular expression: "],
  ])("with the pattern %s", (pattern, reason) =>
    expect(found(named(pattern))).toEqual([
      expect.stringMatching(new RegExp(`^conditions\\.resourceNameRegex .*${reason}`)),
    ]),
  );

  test("with no patch, and with patches of two sorts", () => {
    expect(found({ conditions })).toEqual([
      "patches is missing: a rule has patches, mergePatches or strategicPatches",
    ]);
    expect(found({ ...replace("b"), ...merge("{}") })).toEqual([
      "mergePatches does not go with patches: Velero takes one sort of patch. Make two rules of it",
    ]);
    expect(found({ ...merge("{}"), patches: [] })).toEqual([]);
  });

  test.each<[JsonPatch, string]>([
    [{ operation: "copy", path: "/a" }, "patches.0.from is missing: copy reads it"],
    [{ operation: "remove", path: "/a", from: "/b" }, "patches.0.from is not read by remove. Leave it out"],
    [{ operation: "add", path: "/a" }, 'patches.0.value is missing. Say value: "" for an empty text'],
    [{ operation: "remove", path: "/a", value: "b" }, "patches.0.value is not read by remove. Leave it out"],
    [
      { operation: "remove", path: "spec.replicas" },
      "patches.0.path is no JSON pointer, which begins with a slash: /spec/replicas",
    ],
    [
      { operation: "remove", path: '/a"b' },
      "patches.0.path has quotes, backslashes or line breaks, which break the patch that Velero makes of it",
    ],
    [
      { operation: "move", path: "/a", from: "b" },
      "patches.0.from is no JSON pointer, which begins with a slash: /b",
    ],
  ])("for the JSON patch %j", (of, reason) => expect(found(patch(of))).toEqual([reason]));

  test("whose merge patch is no object", () => {
    for (const data of ["[]", '"a"', "just words"])
      expect(found(merge(data))).toEqual([expect.stringMatching(/^mergePatches\.0\.patchData is no object/)]);
  });

  test("whose strategic patch is for a kind that Velero has no type of", () => {
    const groupResource = "ingresses.networking.k8s.io";
    expect(found({ conditions: { groupResource }, strategicPatches: [{ patchData: "{}" }] })).toEqual([
      "strategicPatches cannot change ingresses.networking.k8s.io: Velero knows the types of its own and of the groups core, apps and batch. Use mergePatches",
    ]);
  });

  test("for namespaces, which Velero makes without", () => {
    expect(found({ ...merge("{}"), conditions: { groupResource: "namespaces" } })).toEqual([
      "conditions.groupResource is a kind that Velero applies no modifiers to: it makes namespaces before it reads them",
    ]);
  });

  test("for all that is wrong with it at once", () => {
    const rule = { ...replace("007", "data"), ...named("(?=x)") };
    expect(modifierProblems(rule).map(({ path }) => path)).toEqual([
      "mergePatches",
      "conditions.resourceNameRegex",
      "patches.0.path",
      "patches.0.value",
    ]);
  });
});
