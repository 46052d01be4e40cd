import { describe, expect, test } from "vitest";
import { type Inputs } from "../kinds/arbitrary-inputs.ts";
import { checked } from "../kinds/declared.ts";

const complaintsOf = async (kind: "ClusterBackup" | "Restore", declared: Inputs): Promise<string[]> =>
  (await checked(kind, declared)).failures.map((each) => each.replace(' (cluster "east")', ""));

const hook = (selection: Inputs) => ({ hooks: { resources: [{ name: "freeze", ...selection }] } });
const volumes = (conditions: Inputs) => ({
  resourcePolicy: { volumePolicies: [{ conditions, action: { type: "skip" } }] },
});
const filtered = (filter: Inputs) => ({
  resourcePolicy: { clusterScopedFilterPolicy: { resourceFilters: [filter] } },
});
const inNamespaces = (policy: Inputs) => ({
  resourcePolicy: {
    namespacedFilterPolicies: [{ namespaces: ["shop"], resourceFilters: [{ kinds: ["pods"] }], ...policy }],
  },
});
const modifier = (conditions: Inputs) => ({
  resourceModifiers: [{ conditions: { groupResource: "pods", ...conditions } }],
});

const ALL = /: is empty, which Velero reads as all of them\. Leave it out for all, or name what is meant$/;
const NO_REQUIREMENT =
  /: has no requirement, and everything would match\. Leave it out, or say `matchLabels`/;

// test/scenarios/kinds.test.ts asks Velero's own server about some of these.
describe("What is empty never means all. Of a backup", () => {
  const all = (...paths: [string, Inputs][]) =>
    paths.map(([path, declared]) => [path, declared, ALL] as const);
  const FILTERS = "resourcePolicy.clusterScopedFilterPolicy.resourceFilters.0";
  const NAMESPACED = "resourcePolicy.namespacedFilterPolicies";
  const includes = ["Namespaces", "Resources", "ClusterScopedResources", "NamespaceScopedResources"];
  const conditions = ["storageClass", "volumeTypes", "pvcPhase", "pvcAccessModes"];

  test.each<readonly [string, Inputs, RegExp]>([
    ...all(
      ...includes.map((what): [string, Inputs] => [`included${what}`, { [`included${what}`]: [] }]),
      ...conditions.map((what): [string, Inputs] => [
        `resourcePolicy.volumePolicies.0.conditions.${what}`,
        volumes({ [what]: [] }),
      ]),
      ["resourcePolicy.volumePolicies.0.conditions.pvcLabels", volumes({ pvcLabels: {} })],
      ["orLabelSelectors", { orLabelSelectors: [] }],
      ["labelSelector.matchLabels", { labelSelector: { matchLabels: {} } }],
      ["labelSelector.matchExpressions", { labelSelector: { matchExpressions: [] } }],
      ["hooks.resources.0.includedNamespaces", hook({ includedNamespaces: [] })],
      ["hooks.resources.0.includedResources", hook({ includedResources: [] })],
      [
        "resourcePolicy.includeExcludePolicy.includedClusterScopedResources",
        { resourcePolicy: { includeExcludePolicy: { includedClusterScopedResources: [] } } },
      ],
      [NAMESPACED, { resourcePolicy: { namespacedFilterPolicies: [] } }],
      [`${NAMESPACED}.0.namespaces`, inNamespaces({ namespaces: [] })],
      [`${NAMESPACED}.0.resourceFilters`, inNamespaces({ resourceFilters: [] })],
      [`${FILTERS}.kinds`, filtered({ kinds: [] })],
      [`${FILTERS}.names`, filtered({ names: [] })],
    ),
    ["labelSelector", { labelSelector: {} }, NO_REQUIREMENT],
    ["orLabelSelectors.0", { orLabelSelectors: [{}] }, NO_REQUIREMENT],
    ["hooks.resources.0.labelSelector", hook({ labelSelector: {} }), NO_REQUIREMENT],
    ["volumeSnapshotLocations", { volumeSnapshotLocations: [] }, /reads as its own default\. Leave it out/],
  ])("%s is refused", async (path, declared, expected) => {
    const [complaint, ...others] = await complaintsOf("ClusterBackup", declared);
    expect(others).toEqual([]);
    expect(complaint).toMatch(expected);
    expect(complaint?.startsWith(`${path}: `), complaint).toBe(true);
  });

  test("nothing is left out by an empty list, which is good", async () => {
    for (const declared of [
      { excludedNamespaces: [], excludedResources: [] },
      { excludedClusterScopedResources: [], excludedNamespaceScopedResources: [] },
      hook({ excludedNamespaces: [], excludedResources: [] }),
      volumes({}),
    ])
      expect(await complaintsOf("ClusterBackup", declared)).toEqual([]);
  });
});

describe("Of a Restore", () => {
  const STATUS = /: names no kind, and the status of all of them would be restored/;
  test.each<[string, Inputs, RegExp]>([
    ["includedNamespaces", { includedNamespaces: [] }, ALL],
    ["includedResources", { includedResources: [] }, ALL],
    ["orLabelSelectors", { orLabelSelectors: [] }, ALL],
    ["labelSelector", { labelSelector: {} }, NO_REQUIREMENT],
    ["restoreStatus", { restoreStatus: {} }, STATUS],
    ["restoreStatus", { restoreStatus: { excludedResources: [] } }, STATUS],
    ["restoreStatus.includedResources", { restoreStatus: { includedResources: [] } }, ALL],
    ["resourceModifiers.0.conditions.namespaces", modifier({ namespaces: [] }), ALL],
    ["resourceModifiers.0.conditions.matches", modifier({ matches: [] }), ALL],
    ["resourceModifiers.0.conditions.labelSelector", modifier({ labelSelector: {} }), NO_REQUIREMENT],
    ["hooks.resources.0.includedNamespaces", hook({ includedNamespaces: [] }), ALL],
  ])("%s is refused", async (path, declared, expected) => {
    const complaints = await complaintsOf("Restore", declared);
    expect(complaints).toContainEqual(expect.stringMatching(expected));
    for (const complaint of complaints) expect(complaint.startsWith(`${path}: `), complaint).toBe(true);
  });

  test("nothing is left out by an empty list, and the status of some kinds can be", async () => {
    const status = { restoreStatus: { excludedResources: ["pods"] } };
    const declared = { excludedNamespaces: [], excludedResources: [], ...status };
    expect(await complaintsOf("Restore", declared)).toEqual([]);
  });
});

describe("A word that is the name of no kind anywhere is refused, with the one that may be meant", () => {
  const rest = (word: string, problem: string) => [`includedResources.0: "${word}" ${problem}`];
  const slash =
    'has a slash: Velero knows a kind by its plural and its API group, "deployments.apps", without a version';
  const version =
    "names a version, which Velero takes for an API group that is not there, and then it finds nothing";
  test.each([
    ["secret.v1", rest("secret.v1", `${version}. Write "secret"`)],
    ["Ingress.v1beta1", rest("Ingress.v1beta1", `${version}. Write "Ingress"`)],
    ["v1/Secret", rest("v1/Secret", `${slash}. Write "Secret"`)],
    ["deployments.apps/v1", rest("deployments.apps/v1", `${slash}. Write "deployments.apps"`)],
    ["apps/v1/deployments", rest("apps/v1/deployments", slash)],
    ["pods, secrets", rest("pods, secrets", "is no kind: give each kind an entry of its own")],
    ["secrets", []],
    ["*.apps", []],
    ["vpas.v1.example.com", []],
  ])("%s", async (word, expected) => {
    for (const kind of ["ClusterBackup", "Restore"] as const)
      expect(await complaintsOf(kind, { includedResources: [word] })).toEqual(expected);
  });

  test("wherever kinds are named", async () => {
    const word = ["secret.v1"];
    const named: [string, Inputs][] = [
      ["excludedResources.0", { excludedResources: word }],
      ["includedClusterScopedResources.0", { includedClusterScopedResources: word }],
      ["excludedClusterScopedResources.0", { excludedClusterScopedResources: word }],
      ["includedNamespaceScopedResources.0", { includedNamespaceScopedResources: word }],
      ["excludedNamespaceScopedResources.0", { excludedNamespaceScopedResources: word }],
      ["hooks.resources.0.includedResources.0", hook({ includedResources: word })],
      ["hooks.resources.0.excludedResources.0", hook({ excludedResources: word })],
      ["orderedResources.secret.v1", { orderedResources: { "secret.v1": ["shop/a"] } }],
      ["resourcePolicy.clusterScopedFilterPolicy.resourceFilters.0.kinds.0", filtered({ kinds: word })],
    ];
    for (const [path, declared] of named) {
      const complaints = await complaintsOf("ClusterBackup", declared);
      expect(complaints).toEqual([expect.stringContaining(`${path}: "secret.v1" names a version`)]);
    }
  });
});

describe("An order", () => {
  test.each(["shop/db-0,shop/db-1", "shop/db 0", "/db-0", "shop/db/0", ""])(
    "of %j is refused",
    async (name) => {
      expect(await complaintsOf("ClusterBackup", { orderedResources: { pods: [name] } })).toContainEqual(
        expect.stringMatching(/^orderedResources\.pods\.0: must /),
      );
    },
  );
});

describe("The hooks of a Restore", () => {
  test("are for pods, and kinds that Velero would not read are refused", async () => {
    for (const selection of [
      {},
      { includedResources: ["pods"] },
      { includedResources: ["*"], excludedResources: [] },
    ])
      expect(await complaintsOf("Restore", hook(selection))).toEqual([]);
    const said = await complaintsOf(
      "Restore",
      hook({ includedResources: ["jobs"], excludedResources: ["pods"] }),
    );
    expect(said).toEqual([
      expect.stringMatching(/^hooks\.resources\.0\.includedResources: is not read: Velero runs the hooks/),
      expect.stringMatching(/^hooks\.resources\.0\.excludedResources: is not read/),
    ]);
  });
});
