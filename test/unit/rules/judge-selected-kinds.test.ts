import { describe, expect, test } from "vitest";
import { judgeSelectedKinds } from "../../../provider/rules/selected-kinds.ts";
import type { SelectionInputs } from "../../../provider/velero/selection-entries.ts";
import { served } from "./served-kinds.ts";

const judge = (selection: SelectionInputs, silent: string[] = []) =>
  judgeSelectedKinds(selection, { cluster: "east", kinds: served, silent });
const told = (selection: SelectionInputs) =>
  judge(selection).map(({ weight, path, reason }) => `${weight} ${path}: ${reason}`);

describe("A kind that is wanted", () => {
  test.each([
    "secrets",
    "Secret",
    "cm",
    "deployments.apps",
    "deploy",
    "*.apps",
    "sec*",
    "*",
    "widgets.example",
    "wd",
  ])("is good as %s", (word) => {
    expect(told({ includedResources: [word] })).toEqual([]);
  });

  const silence = "and Velero would pass over it in silence: mend it";
  const none = (word: string, nearest?: string) =>
    `includedResources.0: cluster "east" has no kind "${word}"${nearest ? ` (is ${nearest} meant?)` : ""}, ${silence}`;
  const later = ", or make this resource depend on what defines the kind";
  test.each([
    ["secrts", `misspelt ${none("secrts", "secrets")}`],
    ["CM", `misspelt ${none("CM", "configmaps")}`],
    // Three letters of a name may be wrong, where two can make it another one.
    ["statefullsets", `misspelt ${none("statefullsets", "statefulsets.apps")}`],
    ["widgts.example.com", `misspelt ${none("widgts.example.com", "widgets.example.com")}`],
    // Only a definition could bring a group later, and its group would have a dot.
    ["secrets.core", `misspelt ${none("secrets.core", "secrets")}`],
    ["widgets.example.org", `unknown ${none("widgets.example.org", "widgets.example.com")}${later}`],
    ["gizmos", `unknown ${none("gizmos")}${later}`],
    ["*.exmaple.com", expect.stringMatching(/^unknown \S+ cluster "east" has no kind "\*\.exmaple/)],
    [
      "componentstatuses",
      'misplaced includedResources.0: Velero can do nothing with "componentstatuses": its API does not list, create, get and delete them',
    ],
    [
      "volumesnapshots.snapshot.storage.k8s.io",
      expect.stringMatching(/^misplaced \S+ Velero takes volumesnapshots\S+ with the volumes .* every kind/),
    ],
  ])("is none as %s", (word, expected) => {
    expect(told({ includedResources: [word] })).toEqual([expected]);
  });

  test("may be one of a group whose server is down, and that is told", () => {
    const [finding] = judge({ includedResources: ["gizmos"] }, ["metrics.k8s.io/v1beta1"]);
    expect(finding?.reason).toContain("(no answer came from metrics.k8s.io/v1beta1)");
  });
});

describe("A kind that is left out", () => {
  test("is misspelt, or not there and missed by nobody", () => {
    expect(told({ excludedResources: ["secrts", "gizmos.example.org"] })).toEqual([
      'misspelt excludedResources.0: cluster "east" has no kind "secrts" (is secrets meant?), so that it does nothing: mend it',
      'idle excludedResources.1: cluster "east" has no kind "gizmos.example.org", so that it does nothing',
    ]);
  });

  test("is taken, by another name", () => {
    expect(told({ includedResources: ["pods", "secrets"], excludedResources: ["po"] })).toEqual([
      'misplaced excludedResources.0: "po" leaves out what includedResources names as "pods"',
    ]);
    expect(told({ includedResources: ["*.apps"], excludedResources: ["deploy"] })).toEqual([]);
  });
});

describe("A kind of the other scope", () => {
  const dropped = "and Velero would drop it here in silence: put it into";
  const policies = {
    resourcePolicy: {
      includeExcludePolicy: { includedClusterScopedResources: ["pods"] },
      namespacedFilterPolicies: [{ namespaces: ["shop"], resourceFilters: [{ kinds: ["nodes"] }] }],
      clusterScopedFilterPolicy: { resourceFilters: [{ kinds: ["nodes"] }, { kinds: ["cm"] }] },
    },
  };
  const NAMESPACED = "lies in namespaces";
  const OF_CLUSTER = "lies in no namespace";
  const POLICY = "resourcePolicy.includeExcludePolicy";
  type Row = [at: string, word: string, lies: string, belongs: string];
  test.each<[SelectionInputs, Row[]]>([
    [
      { includedNamespaceScopedResources: ["storageclasses", "pods"] },
      [
        [
          "includedNamespaceScopedResources.0",
          "storageclasses",
          OF_CLUSTER,
          "includedClusterScopedResources",
        ],
      ],
    ],
    [
      { excludedNamespaceScopedResources: ["sc"] },
      [["excludedNamespaceScopedResources.0", "sc", OF_CLUSTER, "excludedClusterScopedResources"]],
    ],
    [
      { includedClusterScopedResources: ["pods"] },
      [["includedClusterScopedResources.0", "pods", NAMESPACED, "includedNamespaceScopedResources"]],
    ],
    [
      { excludedClusterScopedResources: ["*.apps"] },
      [["excludedClusterScopedResources.0", "*.apps", NAMESPACED, "excludedNamespaceScopedResources"]],
    ],
    [
      policies,
      [
        [
          `${POLICY}.includedClusterScopedResources.0`,
          "pods",
          NAMESPACED,
          `${POLICY}.includedNamespaceScopedResources`,
        ],
        [
          "resourcePolicy.namespacedFilterPolicies.0.resourceFilters.0.kinds.0",
          "nodes",
          OF_CLUSTER,
          "resourcePolicy.clusterScopedFilterPolicy",
        ],
        [
          "resourcePolicy.clusterScopedFilterPolicy.resourceFilters.1.kinds.0",
          "cm",
          NAMESPACED,
          "resourcePolicy.namespacedFilterPolicies",
        ],
      ],
    ],
    [{ includedClusterScopedResources: ["nodes", "*"], includedNamespaceScopedResources: ["*"] }, []],
  ])("in %j is told where it belongs", (selection, rows) => {
    expect(told(selection)).toEqual(
      rows.map(([at, word, lies, belongs]) => `misplaced ${at}: "${word}" ${lies}, ${dropped} ${belongs}`),
    );
  });

  test("is left out of a backup of some namespaces, by Velero's old filters", () => {
    const shop = { includedNamespaces: ["shop"] };
    const classes = { includedResources: ["storageclasses"] };
    const left = (weight: string, index: number) =>
      `${weight} includedResources.${index}: "storageclasses" lies in no namespace, and where not all namespaces are backed up ` +
      "Velero leaves it out: say includeClusterResources: true";
    expect(told({ ...shop, ...classes })).toEqual([left("misplaced", 0)]);
    expect(told({ ...shop, includedResources: ["pods", "storageclasses"] })).toEqual([left("idle", 1)]);
    expect(told({ excludedNamespaces: ["x"], includedResources: ["pv"] })).toHaveLength(1);
    for (const good of [
      // Volumes come with their claims.
      { ...shop, includedResources: ["pvc", "pv", "ns"] },
      classes,
      { ...classes, includedNamespaces: ["*"] },
      { ...shop, ...classes, includeClusterResources: true },
    ])
      expect(told(good)).toEqual([]);
    expect(told({ includeClusterResources: false, includedResources: ["pods", "pv"] })).toEqual([
      'misplaced includedResources.1: "pv" lies in no namespace, and includeClusterResources: false leaves it out',
    ]);
  });
});

describe("In the filters of policies", () => {
  const policy = (kinds: string[]) => ({
    resourcePolicy: { namespacedFilterPolicies: [{ namespaces: ["shop"], resourceFilters: [{ kinds }] }] },
  });

  test("no group is looked for in a word, and none but the whole name is good with one", () => {
    expect(told(policy(["deployments.apps", "Deployment", "cm", "*"]))).toEqual([]);
    expect(told(policy(["deployment.apps"]))).toEqual([
      'misspelt resourcePolicy.namespacedFilterPolicies.0.resourceFilters.0.kinds.0: "deployment.apps" is no name of a kind to Velero here (is deployments.apps meant?), and Velero would pass over it in silence: mend it',
    ]);
    expect(told(policy(["*.apps"]))).toEqual([expect.stringMatching(/^unknown .* has no kind "\*\.apps"/)]);
  });
});

describe("A hook", () => {
  const hook = (selection: object) => ({ hooks: { resources: [{ name: "freeze", ...selection }] } });
  const leaves = "leaves out pods, and Velero runs hooks for pods alone";

  test.each<[object, string?]>([
    [{ includedResources: ["pods", "deployments"] }],
    [{ includedResources: ["*"], excludedResources: ["secrets"] }],
    [{ includedResources: ["deployments", "secrets"] }, "included"],
    [{ includedResources: ["gizmos"] }, "included"],
    [{ excludedResources: ["po"] }, "excluded"],
  ])("for %j is told where it is for no pods", (selection, list) => {
    const at = `misplaced hooks.resources.0.${list}Resources.0`;
    expect(told(hook(selection))).toEqual(list ? [`${at}: ${leaves}`] : []);
  });

  test("for a kind that is misspelt is told with the one that is meant", () => {
    const said = told(hook({ includedResources: ["podz"] }));
    expect(said).toEqual([expect.stringMatching(/^misspelt .*is pods meant/)]);
  });
});

describe("An order", () => {
  test("that Velero would not find is told", () => {
    const orderedResources = {
      Pod: ["shop/db-0", "db-1"],
      pods: ["shop/db-2"],
      pv: ["pv-1", "shop/pv-2"],
      "statefulset.apps": ["shop/db"],
      podz: ["shop/db-0"],
      gizmos: ["shop/a"],
    };
    expect(told({ orderedResources })).toEqual([
      'misspelt orderedResources.podz: cluster "east" has no kind "podz" (is pods meant?), so that it does nothing: mend it',
      'idle orderedResources.gizmos: cluster "east" has no kind "gizmos", so that it does nothing',
      'misplaced orderedResources.Pod.1: "db-1" says no namespace: Velero looks for namespace/db-1',
      'misplaced orderedResources.pods: Velero takes "pods" and "Pod" for one and the same: put them into one list',
      'misplaced orderedResources.pv.1: persistentvolumes lie in no namespace: Velero looks for "pv-2"',
    ]);
  });
});
