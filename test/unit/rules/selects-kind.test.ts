import { expect, test } from "vitest";
import { kindFilter } from "../../../provider/rules/blind-kinds.ts";
import type { BackupSpec } from "../../../provider/velero/types.ts";
import { served } from "./served-kinds.ts";

const SHOP = { includedNamespaces: ["shop"] };
const ALL = [
  "configmaps",
  "deployments.apps",
  "widgets.example.com",
  "namespaces",
  "nodes",
  "storageclasses.storage.k8s.io",
];
const IN_NAMESPACES = ALL.slice(0, 3);

/** Velero takes these of a few kinds. */
const taken = (spec: BackupSpec, policy?: Parameters<typeof kindFilter>[1]) =>
  served
    .filter(({ groupResource }) => [...ALL, "componentstatuses"].includes(groupResource))
    .filter(kindFilter(spec, policy, served))
    .map(({ groupResource }) => groupResource)
    .toSorted();
const sorted = (kinds: string[]) => kinds.toSorted();

// The same table by Velero's own hand: velero `pkg/util/collections/includes_excludes_test.go`.
test.each<[BackupSpec, string[]]>([
  [{}, ALL],
  [{ includedNamespaces: ["*"] }, ALL],
  [SHOP, [...IN_NAMESPACES, "namespaces"]],
  [{ excludedNamespaces: ["shop"] }, [...IN_NAMESPACES, "namespaces"]],
  [{ ...SHOP, includeClusterResources: true }, ALL],
  [{ includeClusterResources: false }, IN_NAMESPACES],
  [{ ...SHOP, includedResources: ["cm", "nodes"] }, ["configmaps"]],
  [{ includedResources: ["cm", "nodes"] }, ["configmaps", "nodes"]],
  [
    { excludedResources: ["*.apps", "nodes"] },
    ["configmaps", "widgets.example.com", "namespaces", "storageclasses.storage.k8s.io"],
  ],
  [{ includedResources: ["secret.v1"] }, []],
  [{ includedNamespaceScopedResources: ["cm"] }, ["configmaps", "namespaces"]],
  [{ includedNamespaceScopedResources: ["storageclasses"] }, ALL],
  [{ ...SHOP, includedNamespaceScopedResources: ["storageclasses"] }, [...IN_NAMESPACES, "namespaces"]],
  [{ ...SHOP, includedClusterScopedResources: ["nodes"] }, [...IN_NAMESPACES, "namespaces", "nodes"]],
  [{ ...SHOP, includedClusterScopedResources: ["*"] }, ALL],
  [{ excludedClusterScopedResources: ["nodes"] }, [...IN_NAMESPACES, "namespaces"]],
  [
    { excludedNamespaceScopedResources: ["*"], includedClusterScopedResources: ["nodes"] },
    ["namespaces", "nodes"],
  ],
])("%j takes %j", (spec, kinds) => {
  expect(taken(spec)).toEqual(sorted(kinds));
});

test("a policy adds to the newer filters, and says nothing against the backup itself", () => {
  const policy = {
    includedNamespaceScopedResources: ["widgets", "deploy"],
    excludedNamespaceScopedResources: ["cm"],
    includedClusterScopedResources: ["nodes"],
  };
  expect(taken(SHOP, policy)).toEqual(
    sorted(["deployments.apps", "widgets.example.com", "namespaces", "nodes"]),
  );
  const own = {
    ...SHOP,
    includedNamespaceScopedResources: ["cm"],
    excludedNamespaceScopedResources: ["deploy"],
  };
  expect(taken(own, policy)).toEqual(sorted(["configmaps", "widgets.example.com", "namespaces", "nodes"]));
});
