import { describe, expect, test } from "vitest";
import { modifierRules, type ModifierRule } from "../../../provider/resources/restore/modifiers.ts";
import { applyMergePatch } from "../lifecycle/merge-patch.ts";

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

describe("What is restored for a drill", () => {
  const rules = modifierRules({ drill: true });
  /** What the rules make of the spec of an object that has this one in the backup. */
  const drilled = (kind: string, spec: Record<string, unknown>) =>
    rulesFor(kind, rules)
      .filter(({ conditions: { matches = [] } }) =>
        matches.every(({ path, value }) => spec[path.replace("/spec/", "")] === value),
      )
      .flatMap(({ mergePatches = [] }) => mergePatches)
      .reduce<unknown>((object, { patchData }) => applyMergePatch(object, JSON.parse(patchData)), { spec });

  test.each(["deployments.apps", "statefulsets.apps", "replicasets.apps", "replicationcontrollers"])(
    "runs no pods: %s",
    (kind) => {
      expect(drilled(kind, { replicas: 3, paused: false })).toEqual({ spec: { replicas: 0, paused: false } });
    },
  );

  test.each(["cronjobs.batch", "jobs.batch"])("runs no jobs: %s", (kind) => {
    expect(drilled(kind, { suspend: false })).toEqual({ spec: { suspend: true } });
  });

  test("runs on no node where it would run on all", () => {
    const template = { spec: { nodeSelector: { disk: "ssd" } } };
    expect(drilled("daemonsets.apps", { template })).toEqual({
      spec: { template: { spec: { nodeSelector: { disk: "ssd", "pulumi-velero.io/drill": "nowhere" } } } },
    });
  });

  test("takes no volume of the source's", () => {
    expect(drilled("persistentvolumeclaims", { volumeName: "pv-1", storageClassName: "gp2" })).toEqual({
      spec: { storageClassName: "gp2" },
    });
  });

  test("is reached by nobody: a LoadBalancer is a Service as the API server takes it", () => {
    const spec = {
      type: "LoadBalancer",
      ports: [{ port: 80 }],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_100,
      allocateLoadBalancerNodePorts: true,
      loadBalancerClass: "internal",
      loadBalancerSourceRanges: ["10.0.0.0/8"],
    };
    expect(drilled("services", spec)).toEqual({ spec: { type: "ClusterIP", ports: [{ port: 80 }] } });
  });

  test("is reached by nobody: no other Service takes an address either, and is left alone else", () => {
    const spec = { type: "NodePort", externalTrafficPolicy: "Cluster", ports: [{ port: 80 }] };
    expect(drilled("services", { ...spec, externalIPs: ["10.1.2.3"] })).toEqual({ spec });
  });

  test("is changed in the same way where it is kept", () => {
    expect(modifierRules({ drill: { keep: true } })).toEqual(rules);
    expect(modifierRules({ drill: {} })).toEqual(rules);
  });
});

test("every rule is one that Velero takes: patches of one sort, and all values as text", () => {
  const rules = modifierRules({ storageClassMapping: { a: "b" }, drill: true }) ?? [];
  expect(rules.length).toBeGreaterThan(10);
  for (const { patches, mergePatches, strategicPatches } of rules) {
    expect([patches, mergePatches, strategicPatches].filter(Boolean)).toHaveLength(1);
    for (const { value } of patches ?? []) expect(value).toBeTypeOf("string");
    for (const { patchData } of mergePatches ?? []) expect(JSON.parse(patchData)).toBeTypeOf("object");
  }
});
