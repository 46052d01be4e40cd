import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { type Inputs, pathsIn, withValueAt } from "../kinds/arbitrary-inputs.ts";
import { checked } from "../kinds/declared.ts";

const complaintsOf = async (declared: Inputs): Promise<string[]> =>
  (await checked("ClusterBackup", declared)).failures.map((each) => each.replace(' (cluster "east")', ""));

const selector = { matchLabels: { app: "shop" } };
const hook = (exec: Inputs) => ({ hooks: { resources: [{ name: "freeze", pre: [{ exec }] }] } });
const policy = (conditions: Inputs, type = "skip") => ({
  resourcePolicy: { volumePolicies: [{ conditions, action: { type } }] },
});
const filterPolicies = {
  includeExcludePolicy: { includedNamespaceScopedResources: ["pods"] },
  namespacedFilterPolicies: [{ namespaces: ["shop"], resourceFilters: [{ kinds: ["pods"] }] }],
  clusterScopedFilterPolicy: { resourceFilters: [{ kinds: ["nodes"] }] },
};

describe("Of filters that do not go together", () => {
  const old = { includedResources: ["pods"], excludedResources: ["secrets"], includeClusterResources: false };
  const scoped = {
    includedClusterScopedResources: ["nodes"],
    excludedClusterScopedResources: ["nodes"],
    includedNamespaceScopedResources: ["pods"],
    excludedNamespaceScopedResources: ["pods"],
  };
  const mixes = Object.entries(old).flatMap(([name, value]) =>
    Object.entries(scoped).map(
      ([other, otherValue]) => [name, other, { [name]: value, [other]: otherValue }] as const,
    ),
  );

  test.each(mixes)("%s with %s is told, and which to take", async (name, other, declared) => {
    expect(await complaintsOf(declared)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${name}: is one of Velero's old filters, .* the new ones \\(${other}\\)\\. Say it with those: incl`,
        ),
      ),
    ]);
  });

  const withPolicies = Object.keys(old).flatMap((name) =>
    Object.keys(filterPolicies).map((part) => [name, part] as const),
  );
  test.each(withPolicies)("%s with resourcePolicy.%s is told", async (name, part) => {
    const resourcePolicy = { [part]: filterPolicies[part as keyof typeof filterPolicies] };
    expect(await complaintsOf({ [name]: old[name as keyof typeof old], resourcePolicy })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: .*\\(resourcePolicy\\.${part}\\)`)),
    ]);
  });

  test("all are told in one complaint", async () => {
    expect(
      await complaintsOf({ ...old, includedClusterScopedResources: ["a"], resourcePolicy: filterPolicies }),
    ).toEqual([
      expect.stringContaining(
        "(includedClusterScopedResources, resourcePolicy.includeExcludePolicy, " +
          "resourcePolicy.namespacedFilterPolicies, resourcePolicy.clusterScopedFilterPolicy)",
      ),
    ]);
  });

  test("either of both labels is told, and to put one among the others", async () => {
    expect(await complaintsOf({ labelSelector: selector, orLabelSelectors: [selector] })).toEqual([
      "orLabelSelectors: does not go with labelSelector: Velero takes one or the other. Put it among them",
    ]);
  });
});

describe("Of lists that contradict each other", () => {
  const pairs = [
    ["includedNamespaces", "excludedNamespaces"],
    ["includedResources", "excludedResources"],
    ["includedClusterScopedResources", "excludedClusterScopedResources"],
    ["includedNamespaceScopedResources", "excludedNamespaceScopedResources"],
  ] as const;

  test.each(pairs)("what stands in both %s and %s is named", async (included, excluded) => {
    expect(await complaintsOf({ [included]: ["a", "b", "c"], [excluded]: ["c", "d", "a"] })).toEqual([
      `${excluded}: names what ${included} names, too: c, a`,
    ]);
  });

  test.each(pairs)('a "*" among others in %s is told', async (included) => {
    expect(await complaintsOf({ [included]: ["a", "*"] })).toEqual([
      `${included}: has "*" beside others; it has to stand alone`,
    ]);
    expect(await complaintsOf({ [included]: ["*"] })).toEqual([]);
  });

  test.each(["excludedNamespaces", "excludedResources"])(
    'a "*" in %s is told, since nothing would be left',
    async (path) => {
      expect(await complaintsOf({ [path]: ["*"] })).toEqual([
        `${path}: has "*", and nothing would be left; name what is to be left out`,
      ]);
    },
  );

  test.each(pairs.slice(2))(
    'a "*" against %s in %s is told, and is good alone',
    async (included, excluded) => {
      expect(await complaintsOf({ [excluded]: ["*"] })).toEqual([]);
      expect(await complaintsOf({ [excluded]: ["*", "a"] })).toEqual([
        `${excluded}: has "*" beside others; it has to stand alone`,
      ]);
      expect(await complaintsOf({ [included]: ["a"], [excluded]: ["*"] })).toEqual([
        `${excluded}: has "*", and nothing would be left of ${included}; drop one of the two`,
      ]);
    },
  );
});

describe("Of options for volumes that are captured otherwise", () => {
  test.each([
    ["datamover", "velero", ["moveData"]],
    ["uploaderConfig", { parallelFilesUpload: 2 }, ["fileCopy", "moveData"]],
    ["volumeSnapshotLocations", ["ebs"], ["snapshot", "moveData"]],
  ] as const)("%s is told, and with what it says something", async (path, value, wanted) => {
    for (const volumes of ["snapshot", "moveData", "fileCopy", "none"] as const) {
      const said = await complaintsOf({ volumes, [path]: value });
      if ((wanted as readonly string[]).includes(volumes)) expect(said).toEqual([]);
      else
        expect(said).toEqual([
          `${path}: says nothing with volumes: "${volumes}", but with ${wanted.map((each) => `"${each}"`).join(" or ")}`,
        ]);
    }
  });

  test("none is told where Velero's server, or a policy for each volume, decides", async () => {
    const options = { datamover: "velero", uploaderConfig: {}, volumeSnapshotLocations: ["ebs"] };
    expect(await complaintsOf(options)).toEqual([]);
    expect(
      await complaintsOf({ ...options, volumes: "none", ...policy({ storageClass: ["gold"] }, "snapshot") }),
    ).toEqual([]);
  });
});

const EXEC = "hooks.resources.0.pre.0.exec";
const FIRST = "resourcePolicy.volumePolicies.0";
const sync = { command: ["sync"] };
const shared = { resourcePolicy: { configMap: "shared", ...policy({}).resourcePolicy } };
const equals = { matchExpressions: [{ key: "app", operator: "Equals" }] };
const NO_PROPERTY = "there is no such property";
test.each<[path: string, Inputs, words: string]>([
  ["volumes", { volumes: "some" }, 'must be one of "snapshot", "moveData", "fileCopy", "none"'],
  ["includeClusterResources", { includeClusterResources: "auto" }, "must be boolean, not a string"],
  ["includedResources", { includedResources: "pods" }, "must be Array, not a string"],
  ["includedResources.0", { includedResources: [""] }, "must not be empty"],
  ["includedNamespaces.1", { includedNamespaces: ["shop", "a**"] }, '"a**" is no glob of Velero\'s'],
  ["includedNamespaces.0", { includedNamespaces: ["/(/"] }, "/(/ is no regular expression"],
  ["includedNamespaces.0", { includedNamespaces: ["Shop"] }, '"Shop" can be the name of no namespace'],
  ["excludedNamespaces.0", { excludedNamespaces: ["~/x/"] }, "leaves out already"],
  ["labelSelector.app", { labelSelector: { app: "shop" } }, NO_PROPERTY],
  [
    "labelSelector.matchExpressions.0.operator",
    { labelSelector: equals },
    'must be one of "In", "NotIn", "Exists", "DoesNotExist"',
  ],
  [
    "orLabelSelectors.0.matchLabels.a",
    { orLabelSelectors: [{ matchLabels: { a: 1 } }] },
    "must be string, not a number",
  ],
  ["orderedResources.pods", { orderedResources: { pods: "shop/db-0" } }, "must be Array, not a string"],
  [`${EXEC}.command`, hook({ command: [] }), "must name a command"],
  [`${EXEC}.command`, hook({ command: "sync" }), "must be Array"],
  [`${EXEC}.onError`, hook({ ...sync, onError: "Ignore" }), 'must be one of "Continue", "Fail"'],
  [`${EXEC}.timeout`, hook({ ...sync, timeout: "1d" }), '1 days are "24h"'],
  ["hooks.resources.0.name", { hooks: { resources: [{}] } }, "is required"],
  [`${FIRST}.conditions.capacity`, policy({ capacity: "10Gi" }), "must be a range with a comma"],
  [`${FIRST}.conditions.size`, policy({ size: "10Gi" }), NO_PROPERTY],
  [`${FIRST}.action.type`, policy({}, "copy"), 'must be one of "skip", "snapshot", "fs-backup", "custom"'],
  ["resourcePolicy", shared, "names a ConfigMap that is there already, and has policies of its own besides"],
  [
    "resourcePolicy.configmap",
    { resourcePolicy: { configmap: "shared" } },
    `${NO_PROPERTY} here (is \`configMap\` meant?)`,
  ],
  ["resourcePolicy.version", { resourcePolicy: { version: "v1" } }, NO_PROPERTY],
  [
    "uploaderConfig.parallelFilesUpload",
    { uploaderConfig: { parallelFilesUpload: 0 } },
    "must be at least 1",
  ],
  ["csiSnapshotTimeout", { csiSnapshotTimeout: "ten minutes" }, '"ten minutes" is not a Go duration such as'],
  ["itemOperationTimeout", { itemOperationTimeout: "1d" }, '1 days are "24h"'],
  ["ttl", { ttl: "0" }, "must be longer than nothing"],
])("%s of %j is refused, with what to do", async (path, declared, words) => {
  const [complaint = "", ...others] = await complaintsOf(declared);
  expect(others).toEqual([]);
  expect(complaint.startsWith(`${path}: `), complaint).toBe(true);
  expect(complaint).toContain(words);
});

/** Of two ways that do not go together, one each. */
const good: Record<string, Inputs> = {
  old: {
    includedNamespaces: ["shop", "team-*", "/^db-/", "~/x/"],
    excludedNamespaces: ["tmp-*"],
    includedResources: ["pods", "deployments.apps"],
    excludedResources: ["secrets"],
    includeClusterResources: true,
    labelSelector: { ...selector, matchExpressions: [{ key: "tier", operator: "In", values: ["web"] }] },
    volumes: "moveData",
    volumeSnapshotLocations: ["ebs"],
    datamover: "velero",
    uploaderConfig: { parallelFilesUpload: 2 },
    volumeGroupSnapshotLabelKey: "group",
    ...hook({ container: "db", command: ["sync"], onError: "Continue", timeout: "10s" }),
    orderedResources: { pods: ["shop/a", "shop/b"] },
    csiSnapshotTimeout: "10m",
    itemOperationTimeout: "4h",
    ttl: "720h",
  },
  new: {
    includedClusterScopedResources: ["*"],
    excludedClusterScopedResources: ["nodes"],
    includedNamespaceScopedResources: ["pods"],
    excludedNamespaceScopedResources: ["secrets"],
    orLabelSelectors: [selector, { matchLabels: { app: "billing" } }],
    resourcePolicy: {
      ...policy({ capacity: "10Gi,", storageClass: ["gold"] }).resourcePolicy,
      ...filterPolicies,
    },
  },
};

describe.each(Object.entries(good))("With Velero's %s filters", (_name, declared) => {
  test("all that it knows is accepted", async () => {
    expect(await complaintsOf(declared)).toEqual([]);
  });

  test("whatever is not known yet is accepted, at any place", async () => {
    for (const path of pathsIn(declared)) {
      expect(
        await complaintsOf(withValueAt({ ...declared, dryRun: true }, path, UNKNOWN) as Inputs),
        path.join("."),
      ).toEqual([]);
    }
  });
});

test("an unknown is on neither side of what does not go together", async () => {
  for (const mixed of [
    { includedResources: UNKNOWN, includedClusterScopedResources: ["nodes"] },
    { labelSelector: UNKNOWN, orLabelSelectors: [selector] },
    { volumes: UNKNOWN, datamover: "velero" },
    { volumes: "none", uploaderConfig: UNKNOWN },
    { includedNamespaces: [UNKNOWN], excludedNamespaces: [UNKNOWN] },
    { includedResources: ["a"], resourcePolicy: UNKNOWN },
  ]) {
    expect(await complaintsOf({ ...mixed, dryRun: true })).toEqual([]);
  }
});

test("all that is wrong is told at once", async () => {
  const said = await complaintsOf({
    includedResources: ["*", "a"],
    excludedNamespaceScopedResources: ["b"],
    labelSelector: selector,
    orLabelSelectors: [selector],
    volumes: "none",
    datamover: "velero",
    ttl: "30d",
  });
  expect(said.map((each) => each.split(":")[0]).toSorted()).toEqual([
    "datamover",
    "includedResources",
    "includedResources",
    "orLabelSelectors",
    "ttl",
  ]);
});
