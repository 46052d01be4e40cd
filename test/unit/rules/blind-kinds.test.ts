import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { customResourceDefinitions, type ResourceType } from "../../../provider/kubernetes/resources.ts";
import { blindKinds } from "../../../provider/rules/blind-kinds.ts";
import type { BackupSpec } from "../../../provider/velero/types.ts";
import { servedDocuments } from "../kubernetes/served.ts";
import { fakeStore } from "../store/fake-store.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { backupOf } from "../kinds/backup/state.ts";

const BEGAN = "2026-11-23T12:00:00Z";
const widgets: ResourceType = { apiVersion: "example.com/v1", kind: "Widget", plural: "widgets" };

interface Scene {
  definedAt?: string;
  madeAt?: string;
  namespace?: string;
  labels?: Record<string, string>;
  isGoing?: boolean;
  spec?: BackupSpec;
  resourcePolicy?: object;
  holds?: Record<string, string[]>;
  forbids?: string;
  /** The kind whose lists fail. */
  breaks?: string;
}

/** A cluster in which Widgets were defined, and one was made, before a backup was taken. */
async function lookAt({
  definedAt = "2026-11-23T11:59:50Z",
  madeAt = "2026-11-23T11:59:55Z",
  namespace = "shop",
  labels = {},
  isGoing = false,
  spec = { includedNamespaces: ["shop"] },
  resourcePolicy,
  holds = { "v1/ConfigMap": ["shop/prices"] },
  forbids,
  breaks,
}: Scene) {
  const cluster = memoryCluster();
  for (const [path, document] of Object.entries(servedDocuments)) cluster.serve(path, document);
  cluster.put(customResourceDefinitions, {
    metadata: { name: "widgets.example.com", creationTimestamp: definedAt },
  });
  cluster.put(widgets, {
    metadata: {
      name: "one",
      namespace,
      labels,
      creationTimestamp: madeAt,
      ...(isGoing && { deletionTimestamp: BEGAN }),
    },
  });
  const { list } = cluster.client;
  cluster.client.list = (scope) => {
    const { plural } = scope.type;
    if (plural === forbids)
      return Promise.reject(new KubernetesError({ status: 403, reason: "Forbidden", what: "no" }));
    if (plural === breaks)
      return Promise.reject(
        new KubernetesError({ status: 500, reason: "InternalError", what: "no webhook" }),
      );
    return list(scope);
  };
  const store = fakeStore();
  store.objects.set("east/backups/b/b-resource-list.json.gz", gzipSync(JSON.stringify(holds)));
  const place = {
    client: cluster.client,
    store,
    namespace: "velero",
    locationName: "primary-east",
    storePrefix: "east",
    name: "b",
  };
  const backup = backupOf({ phase: "Completed", startTimestamp: BEGAN }, "b", spec);
  const found = await blindKinds(
    backup,
    resourcePolicy ? { resourcePolicy: { ...resourcePolicy } } : {},
    place,
  );
  return { ...found, writes: cluster.writes };
}

const BLIND = [
  { groupResource: "widgets.example.com", definedAt: new Date("2026-11-23T11:59:50Z"), example: "shop/one" },
];

test.each<[string, Scene]>([
  ["by the namespace", {}],
  ["with all namespaces", { spec: { includedNamespaces: ["*"] } }],
  ["with a glob of namespaces", { spec: { includedNamespaces: ["sh*"] } }],
  ["by its name", { spec: { includedResources: ["widgets"] } }],
  ["by a glob of kinds", { spec: { includedNamespaceScopedResources: ["*.example.com"] } }],
  ["by its label", { labels: { tier: "web" }, spec: { labelSelector: { matchLabels: { tier: "web" } } } }],
  ["made in the very second", { madeAt: BEGAN }],
  [
    "and holds a kind of equal name",
    { holds: { "example.org/v1/Widget": ["shop/one"], "v1/Widget": ["shop/one"] } },
  ],
  ["while other namespaces have finer filters", policy({ namespaces: ["billing"], resourceFilters: [] })],
])(
  "a backup that takes a kind of which there are objects, and holds none, is blind for it: %s",
  async (_how, scene) => {
    const { blind, unseen, writes } = await lookAt(scene);
    expect(blind).toEqual(BLIND);
    expect(unseen).toBeUndefined();
    expect(writes).toEqual([]);
  },
);

test.each<[string, Scene]>([
  ["it holds one, in another version", { holds: { "example.com/v1beta1/Widget": ["shop/one"] } }],
  ["the kind was defined long ago", { definedAt: "2026-11-23T10:00:00Z" }],
  ["the kind was defined after it began", { definedAt: "2026-11-23T12:00:01Z" }],
  ["the object was made after it began", { madeAt: "2026-11-23T12:00:01Z" }],
  ["the object lies elsewhere", { namespace: "billing" }],
  ["its namespace is left out", { spec: { includedNamespaces: ["*"], excludedNamespaces: ["shop"] } }],
  ["its kind is left out", { spec: { excludedResources: ["widgets.example.com"] } }],
  ["its kind is not wanted", { spec: { includedResources: ["configmaps"] } }],
  ["its labels are others", { spec: { labelSelector: { matchLabels: { tier: "web" } } } }],
  ["it is left out by Velero's own label", { labels: { "velero.io/exclude-from-backup": "true" } }],
  ["it is being deleted", { isGoing: true }],
  ["its namespace has filters of its own", policy({ namespaces: ["sh*"], resourceFilters: [] })],
])("a backup lacks nothing where %s", async (_why, scene) => {
  const { blind, unseen } = await lookAt(scene);
  expect({ blind, unseen }).toEqual({ blind: [], unseen: undefined });
});

function policy(filter: object): Scene {
  return { resourcePolicy: { namespacedFilterPolicies: [filter] } };
}

test.each([
  ["customresourcedefinitions", "these credentials may not list customresourcedefinitions"],
  ["widgets", "these credentials may not list widgets.example.com"],
])("where %s may not be listed, that is said", async (forbids, unseen) => {
  expect(await lookAt({ forbids })).toMatchObject({ blind: [], unseen });
});

test("A young kind that cannot be listed, since its conversion fails, holds up nothing, and is told", async () => {
  expect(await lookAt({ breaks: "widgets" })).toMatchObject({
    blind: [],
    unseen: expect.stringContaining("widgets.example.com cannot be listed: no webhook"),
  });
});
