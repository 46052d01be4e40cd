import { describe, expect, test } from "vitest";
import { chooseItems } from "../../../provider/restore-model/choose-items.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import type { Captured } from "../../../provider/velero/backup-contents.ts";
import type { SavedClaims } from "../../../provider/volumes/saved-claims.ts";
import { captured, kinds, placeOf } from "../kinds/restore/captured.ts";

const DRILL: RestoreOptions = { drill: true, namespaceMapping: { "*": "*-drill" } };
const claims = [{ persistentVolumeClaim: { claimName: "data" } }];

/** A cluster with an operator, Velero and a database, as a backup of all of it holds it. */
const contents: Captured[] = [
  captured("namespaces", "shop"),
  captured("namespaces", "velero"),
  captured("configmaps", "shop/prices"),
  captured("pods", "shop/db-0", { metadata: { labels: { app: "db" } }, spec: { volumes: claims } }),
  captured("ingresses.networking.k8s.io", "shop/i"),
  captured("widgets.example.com", "shop/w"),
  captured("persistentvolumeclaims", "shop/data", {
    spec: { volumeName: "pv-1", storageClassName: "now" },
    status: { phase: "Bound" },
  }),
  captured("persistentvolumes", "pv-1"),
  captured("secrets", "velero/cloud-credentials"),
  captured("backupstoragelocations.velero.io", "velero/primary"),
  captured("datauploads.velero.io", "velero/du-1"),
];
const bySnapshot: SavedClaims = {
  claims: [{ namespace: "shop", claim: "data", method: "snapshot" }],
  copiedPods: [],
};
const byFiles: SavedClaims = {
  claims: [{ namespace: "shop", claim: "data", method: "fileCopy", pod: "db-0", volume: "data" }],
  copiedPods: ["shop/db-0"],
};

const choose = (
  options: RestoreOptions,
  { saved = bySnapshot, from = contents, veleroNamespace = "velero" } = {},
) => chooseItems(from, options, kinds, { saved, lateClasses: [], veleroNamespace });
const taken = (...all: Parameters<typeof choose>) =>
  choose(...all)
    .items.map(placeOf)
    .toSorted();

const ofShop = [
  "configmaps shop-drill/prices",
  "namespaces shop-drill",
  "persistentvolumeclaims shop-drill/data",
];

describe("A drill takes", () => {
  test("Kubernetes' own kinds, and nothing that runs, answers, or is the cluster's or Velero's", () => {
    expect(taken(DRILL)).toEqual(ofShop);
    expect(choose(DRILL).options).toMatchObject({
      includeClusterResources: false,
      excludedResources: ["pods", "ingresses.networking.k8s.io", "httproutes.gateway.networking.k8s.io"],
      excludedNamespaces: ["velero"],
    });
    expect(choose(DRILL).options.includedResources).not.toContain("pods");
  });

  test("no more than is named, in words that Velero does not refuse", () => {
    const { items, options } = choose({ ...DRILL, includedResources: ["pods", "configmaps"] });
    expect(items.map(placeOf).toSorted()).toEqual(ofShop.slice(0, 2));
    expect(options.includedResources).toEqual(["configmaps"]);
  });

  test("no kind that is left out, which then stands in one list alone", () => {
    const { items, options } = choose({ ...DRILL, excludedResources: ["persistentvolumeclaims"] });
    expect(items.map(placeOf).toSorted()).toEqual(ofShop.slice(0, 2));
    expect(options.includedResources).toContain("configmaps");
    expect(options.includedResources).not.toContain("persistentvolumeclaims");
  });

  test("Velero's own namespace where it is named", () => {
    const named = { ...DRILL, includedNamespaces: ["velero"] };
    expect(taken(named)).toEqual(["namespaces velero-drill", "secrets velero-drill/cloud-credentials"]);
    expect(choose(named).options.excludedNamespaces).toEqual([]);
  });

  test.each<[string, RestoreOptions]>([
    ["the proof of objects is enough", { drill: { data: "objectsOnly" } }],
    ["no volumes are restored", { restorePVs: false }],
  ])("no pods where %s, and tells of the claims all the same", (_why, options) => {
    const { volumes, ...choice } = choose({ ...DRILL, ...options }, { saved: byFiles });
    expect(choice.items.map(placeOf).toSorted()).toEqual(ofShop);
    expect(volumes?.claims).toHaveLength(1);
  });

  test("no pods where they are left out, and says that the data cannot come back", () => {
    const { items, volumes } = choose({ ...DRILL, excludedResources: ["po"] }, { saved: byFiles });
    expect(items.map(placeOf).toSorted()).toEqual(ofShop);
    expect(volumes?.claims).toMatchObject([{ hopeless: expect.stringContaining("pod shop/db-0") }]);
  });

  test("a claim that a pod brings along, and none where no pod is restored", () => {
    const labelled = { ...DRILL, labelSelector: { matchLabels: { app: "db" } } };
    expect(taken(labelled, { saved: byFiles })).toEqual([...ofShop.slice(1), "pods shop-drill/db-0"]);
    expect(choose(labelled).items).toEqual([]);
    expect(choose(labelled).volumes?.claims).toEqual([]);
  });

  test("no hook and no node port of the source's", () => {
    const options = { ...DRILL, preserveNodePorts: true, hooks: { resources: [] } };
    expect(choose(options).options).toMatchObject({ preserveNodePorts: undefined, hooks: undefined });
  });
});

describe("Moved data, which lies in Velero's own namespace", () => {
  const mappingOf = (...all: Parameters<typeof choose>) => choose(...all).options.namespaceMapping;

  test("is looked for in Velero's own of the target, whatever the mapping", () => {
    expect(mappingOf(DRILL)).toEqual({ "*": "*-drill", velero: "velero" });
    expect(mappingOf(DRILL, { veleroNamespace: "backup" })).toEqual({ "*": "*-drill", velero: "backup" });
    expect(choose(DRILL, { veleroNamespace: "backup" }).options.excludedNamespaces).toEqual([
      "backup",
      "velero",
    ]);
  });

  test("leads to no namespace of a mapping's in an ordinary restore, where nothing else is there", () => {
    const from = contents.filter(
      ({ namespace, resource }) => namespace !== "velero" || resource === "datauploads.velero.io",
    );
    const mapped = { namespaceMapping: { "*": "*-copy" } };
    expect(mappingOf(mapped, { from })).toEqual({ "*": "*-copy", velero: "velero" });
    expect(taken(mapped, { from }).filter((place) => place.includes("velero"))).toEqual([
      "namespaces velero",
    ]);
    // Velero's own things go where they are told, where they are restored.
    expect(mappingOf(mapped)).toEqual({ "*": "*-copy" });
    expect(mappingOf({}, { from, veleroNamespace: "backup" })).toBeUndefined();
  });
});

test("a restore that is no drill takes what is declared", () => {
  const options = { includedResources: ["configmaps"] };
  expect(choose(options)).toMatchObject({ options });
  expect(choose(options)).not.toHaveProperty("volumes");
});
