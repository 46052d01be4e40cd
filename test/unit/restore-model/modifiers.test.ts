import { describe, expect, test } from "vitest";
import { modifierRules } from "../../../provider/restore-model/modifiers.ts";
import type { ModifierRule } from "../../../provider/velero/modifier-rule.ts";

const rulesFor = (groupResource: string, rules: readonly ModifierRule[] = []) =>
  rules.filter(({ conditions }) => conditions.groupResource === groupResource);

test("a restore that changes nothing on its way in has no rules, and so no ConfigMap", () => {
  for (const nothing of [{}, { resourceModifiers: [] }, { storageClassMapping: {} }, { drill: false }])
    expect(modifierRules(nothing)).toBeUndefined();
  expect(modifierRules({ namespaceMapping: { "*": "*-copy" }, verify: true })).toBeUndefined();
});

test("the user's own rules come first, and as they are", () => {
  const own: ModifierRule = {
    conditions: { groupResource: "deployments.apps", resourceNameRegex: "^web$", namespaces: ["shop"] },
    patches: [{ operation: "replace", path: "/spec/replicas", value: "1" }],
  };
  const rules = modifierRules({
    resourceModifiers: [own],
    storageClassMapping: { gp2: "premium" },
    drill: true,
  });
  expect(rules?.[0]).toEqual(own);
  expect(modifierRules({ resourceModifiers: [own] })).toEqual([own]);
});

describe("A storage class that is mapped", () => {
  const rules = modifierRules({ storageClassMapping: { gp2: "premium", premium: "gp2" } });

  test.each(["persistentvolumeclaims", "persistentvolumes"])("is another one in %s", (kind) => {
    expect(rulesFor(kind, rules)).toEqual([
      {
        conditions: { groupResource: kind, matches: [{ path: "/spec/storageClassName", value: "gp2" }] },
        patches: [{ operation: "replace", path: "/spec/storageClassName", value: "premium" }],
      },
      {
        conditions: { groupResource: kind, matches: [{ path: "/spec/storageClassName", value: "premium" }] },
        patches: [{ operation: "replace", path: "/spec/storageClassName", value: "gp2" }],
      },
    ]);
  });

  test("is another one in every claim template of a StatefulSet, each by a rule of its own", () => {
    const paths = rulesFor("statefulsets.apps", rules).flatMap(({ conditions, patches = [] }) => {
      const [match] = conditions.matches ?? [];
      expect(patches).toEqual([
        { operation: "replace", path: match?.path, value: match?.value === "gp2" ? "premium" : "gp2" },
      ]);
      return match?.value === "gp2" ? [match.path] : [];
    });
    expect(paths.slice(0, 3)).toEqual(
      [0, 1, 2].map((index) => `/spec/volumeClaimTemplates/${index}/spec/storageClassName`),
    );
    expect(new Set(paths).size).toBe(8);
  });
});

test("a drill has rules of its own, also where it is kept and whatever its shape", () => {
  const rules = modifierRules({ drill: true });
  expect(rulesFor("deployments.apps", rules)).toHaveLength(1);
  expect(modifierRules({ drill: { keep: true } })).toEqual(rules);
  expect(modifierRules({ drill: {} })).toEqual(rules);
  const more = modifierRules({ drill: true }, { servicePorts: 1, consumers: [] });
  expect(rulesFor("services", more).length).toBeGreaterThan(rulesFor("services", rules).length);
});

test("every rule of a class is one that Velero takes: patches of one sort, and all values as text", () => {
  const rules = modifierRules({ storageClassMapping: { a: "b" } }) ?? [];
  expect(rules.length).toBeGreaterThan(8);
  for (const { patches, mergePatches, strategicPatches } of rules) {
    expect([patches, mergePatches, strategicPatches].filter(Boolean)).toHaveLength(1);
    for (const { value } of patches ?? []) expect(value).toBeTypeOf("string");
  }
});
