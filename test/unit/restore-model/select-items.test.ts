import { describe, expect, test } from "vitest";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import type { Captured } from "../../../provider/velero/backup-contents.ts";
import { selectItems } from "../../../provider/restore-model/choose-items.ts";
import { captured, kinds, placeOf } from "../kinds/restore/captured.ts";

const labelled = (labels: Record<string, string>) => ({ metadata: { labels } });
const web = labelled({ app: "web", tier: "front" });

/** A small cluster, as a backup of all of it holds it. */
const contents: Captured[] = [
  captured("namespaces", "shop", labelled({ team: "a" })),
  captured("namespaces", "billing"),
  captured("namespaces", "team-1"),
  captured("configmaps", "shop/prices", web),
  captured("secrets", "shop/keys"),
  captured("deployments.apps", "shop/web", web),
  captured("configmaps", "billing/rates", labelled({ app: "bill" })),
  captured("configmaps", "team-1/own"),
  captured("clusterroles.rbac.authorization.k8s.io", "reader"),
  captured("storageclasses.storage.k8s.io", "gp2", web),
];

/** Where what is taken up of that goes, in the order of the alphabet. */
const taken = (options: RestoreOptions, from: readonly Captured[] = contents): string[] =>
  selectItems(from, options, kinds).map(placeOf).toSorted();
const everything = contents.map((item) =>
  placeOf({ ...item, ...(item.namespace && { intoNamespace: item.namespace }) }),
);

describe("A restore takes of a backup", () => {
  test("everything where nothing is said", () => {
    expect(taken({})).toEqual(everything.toSorted());
    expect(taken({ includedNamespaces: ["*"], includedResources: ["*"] })).toEqual(taken({}));
    expect(taken({ includedNamespaces: [], excludedNamespaces: [], includedResources: [] })).toEqual(
      taken({}),
    );
  });

  test.each<[string, RestoreOptions, string[]]>([
    [
      "one of its namespaces",
      { includedNamespaces: ["billing"] },
      ["configmaps billing/rates", "namespaces billing"],
    ],
    [
      "namespaces by a glob",
      { includedNamespaces: ["team-*"] },
      ["configmaps team-1/own", "namespaces team-1"],
    ],
    [
      "all but some namespaces, and nothing of the cluster's then",
      { excludedNamespaces: ["shop", "team-?"] },
      ["configmaps billing/rates", "namespaces billing"],
    ],
    ["none of a namespace that it does not have", { includedNamespaces: ["typo"] }, []],
    [
      "kinds, with the namespaces in which they are",
      { includedResources: ["secrets"] },
      ["namespaces shop", "secrets shop/keys"],
    ],
    [
      "kinds of a namespace",
      { includedNamespaces: ["shop"], excludedResources: ["deployments.apps", "secrets"] },
      ["configmaps shop/prices", "namespaces shop"],
    ],
    [
      "what is labelled so",
      { labelSelector: { matchLabels: { app: "web" } } },
      [
        "configmaps shop/prices",
        "deployments.apps shop/web",
        "namespaces shop",
        "storageclasses.storage.k8s.io gp2",
      ],
    ],
    [
      "what any of several selects",
      { orLabelSelectors: [{ matchLabels: { app: "bill" } }, { matchLabels: { team: "a" } }] },
      ["configmaps billing/rates", "namespaces billing", "namespaces shop"],
    ],
    [
      "what is labelled so, where it is wanted otherwise, too",
      {
        includedNamespaces: ["shop"],
        includedResources: ["configmaps"],
        labelSelector: { matchLabels: { app: "web" } },
      },
      ["configmaps shop/prices", "namespaces shop"],
    ],
  ])("%s", (_what, options, expected) => {
    expect(taken(options)).toEqual(expected);
  });

  test.each([
    "deployments",
    "deployment",
    "deploy",
    "Deployment",
    "deployments.apps",
    "deploy.apps",
    "*.apps",
  ])("a kind by whatever it is called: %s", (word) => {
    expect(taken({ includedResources: [word] })).toEqual(["deployments.apps shop/web", "namespaces shop"]);
    expect(taken({ excludedResources: [word] })).not.toContain("deployments.apps shop/web");
  });

  test("a kind that the target does not know by its whole name", () => {
    const widget = captured("widgets.example.com", "shop/w");
    expect(taken({ includedResources: ["widgets.example.com"] }, [...contents, widget])).toEqual([
      "namespaces shop",
      "widgets.example.com shop/w",
    ]);
    expect(taken({ includedResources: ["widgets"] }, [...contents, widget])).toEqual([]);
  });

  test.each<["In" | "NotIn" | "Exists" | "DoesNotExist", string[] | undefined, string[]]>([
    ["In", ["web", "x"], ["shop/prices"]],
    ["NotIn", ["web"], ["billing/rates", "team-1/own"]],
    ["Exists", undefined, ["billing/rates", "shop/prices"]],
    ["DoesNotExist", undefined, ["team-1/own"]],
  ])("what an expression selects: %s %j", (operator, values, names) => {
    const labelSelector = { matchExpressions: [{ key: "app", operator, ...(values && { values }) }] };
    const configMaps = taken({ includedResources: ["configmaps"], labelSelector });
    expect(configMaps.filter((place) => place.startsWith("configmaps"))).toEqual(
      names.map((name) => `configmaps ${name}`),
    );
  });

  test("nothing that Velero never restores, asked for or not", () => {
    const never = [
      "nodes",
      "events",
      "events.events.k8s.io",
      "backups.velero.io",
      "restores.velero.io",
      "backuprepositories.velero.io",
      "csinodes.storage.k8s.io",
      "volumeattachments.storage.k8s.io",
    ];
    const all = [...contents, ...never.map((resource) => captured(resource, "shop/x"))];
    expect(taken({}, all)).toEqual(taken({}));
    expect(taken({ includedResources: never }, all)).toEqual([]);
  });
});

describe("Of the cluster's own objects a restore takes", () => {
  const ownOf = (options: RestoreOptions) => taken(options).filter((place) => !place.includes("/"));
  const [role, storageClass] = [
    "clusterroles.rbac.authorization.k8s.io reader",
    "storageclasses.storage.k8s.io gp2",
  ];

  test("all, in a restore of all namespaces, and none in one of some", () => {
    expect(ownOf({})).toEqual(expect.arrayContaining([role, storageClass]));
    for (const some of [{ includedNamespaces: ["shop"] }, { excludedNamespaces: ["shop"] }])
      expect(ownOf(some).every((place) => place.startsWith("namespaces "))).toBe(true);
  });

  test("all where that is said, the namespaces that are not wanted among them", () => {
    expect(taken({ includedNamespaces: ["billing"], includeClusterResources: true })).toEqual(
      [
        role,
        "configmaps billing/rates",
        "namespaces billing",
        "namespaces shop",
        "namespaces team-1",
        storageClass,
      ].toSorted(),
    );
  });

  test("none where that is said, but the namespaces of what is restored", () => {
    expect(ownOf({ includeClusterResources: false })).toEqual([
      "namespaces billing",
      "namespaces shop",
      "namespaces team-1",
    ]);
    const bare = contents.filter(({ resource }) => resource === "namespaces");
    expect(taken({ includeClusterResources: false }, bare)).toEqual([]);
  });
});

describe("By a mapping", () => {
  const namespaceMapping = { shop: "shop-copy", "team-*": "t-*" };

  test("objects go into the namespace of the other name, and filters mean the names in the backup", () => {
    expect(
      taken({ namespaceMapping, includedNamespaces: ["shop", "team-1"], includedResources: ["configmaps"] }),
    ).toEqual([
      "configmaps shop-copy/prices",
      "configmaps t-1/own",
      "namespaces shop-copy",
      "namespaces t-1",
    ]);
    expect(taken({ namespaceMapping, includedNamespaces: ["shop-copy"] })).toEqual([]);
  });

  test("two namespaces may become one, which is made once", () => {
    const both = taken({
      namespaceMapping: { shop: "all", billing: "all" },
      includedResources: ["configmaps"],
    });
    expect(both.filter((place) => place === "namespaces all")).toHaveLength(1);
  });

  test("a namespace is made as it is in the backup, or bare where that does not have it", () => {
    const named = (items: readonly Captured[]) =>
      selectItems(items, { namespaceMapping, includedNamespaces: ["shop"] }, kinds).find(
        ({ resource }) => resource === "namespaces",
      );
    expect(named(contents)).toMatchObject({
      name: "shop-copy",
      object: { metadata: { name: "shop", labels: { team: "a" } } },
    });
    const bare = contents.filter(({ resource }) => resource !== "namespaces");
    expect(named(bare)?.object).toEqual({ metadata: { name: "shop" } });
  });
});

test("what Velero only reads is never restored, nor is a namespace made for it", () => {
  const moved = captured("datauploads.velero.io", "velero/du-1");
  expect(taken({}, [moved])).toEqual([]);
});
