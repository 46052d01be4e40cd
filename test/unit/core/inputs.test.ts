import { beforeEach, describe, expect, test, vi } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import type { Inputs } from "../kinds/arbitrary-inputs.ts";
import { checked, declared, storage } from "../kinds/declared.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const check = (changes: Inputs = {}, olds: Inputs = {}) => checked("Restore", changes, olds);
const { east } = declared.Restore["targets"] as Record<"east", Inputs>;
const into = (changes: Inputs) => ({ targets: { east: { ...east, ...changes } } });
const offline = { connection: { offline: true } };
const drill = { drill: true, namespaceMapping: { "*": "*-drill" } };
const selector = { matchLabels: { app: "shop" } };
const modifier = (changes: Inputs) => ({
  resourceModifiers: [{ conditions: { groupResource: "pods" }, ...changes }],
});
const hook = (postHook: Inputs) => ({ hooks: { resources: [{ name: "warm", postHooks: [postHook] }] } });

describe("Of the options", () => {
  test.each<[Inputs, RegExp]>([
    [{ includedNamespaces: "shop" }, /^includedNamespaces: must be Array, not a string$/],
    [{ includedNamespaces: ["shop", ""] }, /^includedNamespaces\.1: must not be empty$/],
    [{ includeClusterResources: "auto" }, /^includeClusterResources: must be boolean, not a string$/],
    [{ existingResourcePolicy: "replace" }, /^existingResourcePolicy: must be one of "none", "update"$/],
    [{ restorePVs: "yes" }, /^restorePVs: must be boolean/],
    [
      { restoreStatus: { includedResource: ["*"] } },
      /^restoreStatus\.includedResource: there is no such property/,
    ],
    [{ itemOperationTimeout: "1d" }, /^itemOperationTimeout: "1d" is not a Go duration .*1 days are "24h"$/],
    [{ timeouts: { create: "soon" } }, /^timeouts\.create: "soon" is not a Go duration/],
    [
      { uploaderConfig: { parallelFilesDownload: 0 } },
      /^uploaderConfig\.parallelFilesDownload: must be at least 1$/,
    ],
    [{ uploaderConfig: { parallelFilesDownload: 1.5 } }, /^uploaderConfig\.parallelFilesDownload: /],
    [{ verify: "yes" }, /^verify: must be boolean/],
    [{ ...drill, drill: { kept: true } }, /^drill/],
    [{ ...drill, drill: { data: "claims" } }, /^drill\.data/],
    [{ triggers: "v1" }, /^triggers: must be Array, not a string$/],
    [{ ttl: "24h" }, /^ttl: there is no such property here/],
    [
      { labelSelector: { matchExpressions: [{ key: "app", operator: "In" }] } },
      /^labelSelector.*needs `values` with In/,
    ],
    [
      { labelSelector: selector, orLabelSelectors: [selector] },
      /^orLabelSelectors: does not go with labelSelector/,
    ],
    [
      { namespaceMapping: { "*": "drill" } },
      /^namespaceMapping: "\*" would map all that fits to the one namespace/,
    ],
    [{ namespaceMapping: { "a*b*": "*" } }, /^namespaceMapping: "a\*b\*" → "\*" has more than one \*$/],
    [{ namespaceMapping: { shop: "" } }, /^namespaceMapping\.shop: must not be empty$/],
    [{ storageClassMapping: { gp2: 1 } }, /^storageClassMapping\.gp2: must be string, not a number$/],
    [modifier({ conditions: {} }), /^resourceModifiers\.0\.conditions\.groupResource: is required$/],
    [
      modifier({ patches: [{ operation: "swap", path: "/x" }] }),
      /^resourceModifiers\.0\.patches\.0\.operation: must be one of/,
    ],
    [
      modifier({ patches: [{ operation: "add", path: "/x", value: 1 }] }),
      /^resourceModifiers\.0\.patches\.0\.value: must be string, not a number$/,
    ],
    [
      hook({ exec: { command: [] } }),
      /^hooks\.resources\.0\.postHooks\.0\.exec\.command: must name a command$/,
    ],
    [
      hook({ exec: { command: ["x"], waitTimeout: "1d" } }),
      /^hooks\..*\.waitTimeout: "1d" is not a Go duration/,
    ],
    [
      { drill: true },
      /^namespaceMapping: is what a drill restores into: \{ "\*": "\*-drill" \} maps every namespace$/,
    ],
    [
      { ...drill, includeClusterResources: true },
      /^includeClusterResources: would change the cluster for everybody/,
    ],
  ])("%j is refused, with its path and what is wrong", async (changes, expected) => {
    expect((await check(changes)).failures).toEqual([expect.stringMatching(expected)]);
  });
});

describe("Of source and target", () => {
  test.each<[string, Inputs, RegExp]>([
    ["no target", { targets: {} }, /^cluster: names no cluster to restore into$/],
    [
      "a target that does not read the source",
      into({ sees: undefined }),
      /^clusters\.west\.reads: does not name "east", whose backup is to be restored there: add it in the BackupLocation$/,
    ],
    [
      "a target that is offline",
      into(offline),
      /^clusters\.west\.offline: and so nothing can be restored there$/,
    ],
    [
      "an offline one that reads nothing either",
      into({ ...offline, sees: undefined }),
      /^clusters\.west\.offline: /,
    ],
    ["no way to the target", into({ connection: {} }), /^clusters\.west: has no connection\./],
    [
      "two ways to it",
      into({ connection: { kubeconfig: "a", ambient: true } }),
      /^clusters\.west: has more than one connection\./,
    ],
    [
      "a wrong way to it",
      into({ connection: { kubeconfig: "a", context: 7 } }),
      /^clusters\.west\.context: must be string, not a number$/,
    ],
    [
      "two sources onto one target",
      { targets: { east, north: east } },
      /^clusterMapping: leads more than one cluster into "west", where their namespaces would collide; restore them one by one/,
    ],
    [
      "no point in time",
      { source: { schedule: "nightly", before: "yesterday" } },
      /^backup\.before: "yesterday" is no point in time: write 2026-12-23T02:00:00Z, or with an offset/,
    ],
    [
      "a time that another machine reads as another one",
      { source: { schedule: "nightly", before: "2026-12-23 02:00" } },
      /^backup\.before: "2026-12-23 02:00" is no point in time: write 2026-12-23T02:00:00Z/,
    ],
    ["an empty name", { source: { backupName: "" } }, /^backup\.backupName: must not be empty$/],
    [
      "what is no word of a source",
      { source: { scheduleName: "x" } },
      /^backup\.scheduleName: there is no such property/,
    ],
    [
      "a store of the source's own that is none",
      into({ source: { storage: { minio: { bucket: "b" } } } }),
      /^backup \(east\): is required$/,
    ],
  ])("%s is refused, by the path that it has in the program", async (_what, changes, expected) => {
    const { failures } = await check(changes);
    expect(failures[0]).toMatch(expected);
    expect(new Set(failures.map((each) => each.split(":")[0])).size).toBe(1);
  });

  test("a cluster that restores into itself has nobody to read", async () => {
    expect((await check(into({ cluster: "east", sees: "primary-east-0a1b2c3d" }))).failures).toEqual([]);
  });
});

describe("A proof", () => {
  const nowhere = { storage: undefined };

  test.each<[string, Inputs, string]>([
    ["verify", { verify: true, ...nowhere }, "verify"],
    ["drill", { ...drill, ...nowhere }, "drill"],
    ["drill that is kept", { ...drill, drill: { keep: true }, ...nowhere }, "drill"],
    ["verify by a program that is to stay away from the store", { verify: true, access: "none" }, "verify"],
  ])("needs a way to the store: %s", async (_what, changes, path) => {
    expect((await check(changes)).failures).toEqual([
      `${path}: compares with what lies in the store, and this program has no way there: give it one (\`access\`)`,
    ]);
  });

  test("has one to a store of the source's own", async () => {
    const own = into({ source: { storage } });
    expect((await check({ verify: true, ...nowhere, ...own })).failures).toEqual([]);
    expect((await check({ verify: true, access: "none", ...own })).failures).toHaveLength(1);
  });

  test("is none, and needs none, where it is not asked for", async () => {
    for (const changes of [nowhere, { verify: false, ...nowhere }, { drill: false, access: "none" }])
      expect((await check(changes)).failures).toEqual([]);
  });
});

test("all that is wrong is told at once, of options, source, target and proof", async () => {
  const { failures } = await check({
    drill: true,
    includeClusterResources: true,
    labelSelector: selector,
    orLabelSelectors: [selector],
    itemOperationTimeout: "1d",
    source: { before: "never" },
    targets: { east: { ...east, sees: undefined, connection: {} }, north: { ...east, ...offline } },
    storage: undefined,
  });
  expect(failures.map((each) => each.split(":")[0]).toSorted()).toEqual(
    [
      "backup.before",
      "clusterMapping",
      "clusters.west",
      "clusters.west.offline",
      "clusters.west.reads",
      "drill",
      "includeClusterResources",
      "itemOperationTimeout",
      "namespaceMapping",
      "orLabelSelectors",
    ].toSorted(),
  );
});

test("no secret is in what is said", async () => {
  const secret = "secret-that-is-in-the-wrong-place";
  const keys = { static: { accessKeyId: 1, secretAccessKey: secret, session: secret } };
  const { failures } = await check({
    storage: { minio: { ...storage.minio, credentials: keys } },
    access: { credentials: { static: { accessKeyId: secret } }, profile: secret },
    ...into({
      connection: { kubeconfig: [secret], context: 7 },
      credentials: keys,
      source: { storage: { minio: { bucket: "b", endpoint: secret, credentials: keys } } },
    }),
  });
  expect(failures.length).toBeGreaterThan(4);
  expect(failures.join("\n")).not.toContain(secret);
});

test.each<[string, Inputs]>([
  ["all targets", { targets: UNKNOWN }],
  ["a target", { targets: { east: UNKNOWN } }],
  ["one of two", { targets: { east, north: UNKNOWN } }],
  ["into which", { targets: { east: { ...east, cluster: UNKNOWN }, north: { ...east, cluster: UNKNOWN } } }],
  ["the location by which it is seen", into({ sees: UNKNOWN })],
  ["the way to it", into({ connection: UNKNOWN })],
  ["the source", { source: UNKNOWN }],
  ["until when", { source: { schedule: "nightly", before: UNKNOWN } }],
  ["where to", { drill: true, namespaceMapping: UNKNOWN }],
  ["a name in a mapping", { namespaceMapping: { "*": UNKNOWN } }],
  ["both selectors", { labelSelector: UNKNOWN, orLabelSelectors: UNKNOWN }],
  ["whether it is verified", { verify: UNKNOWN, storage: undefined }],
  ["the way to the store", { verify: true, storage: UNKNOWN, access: UNKNOWN }],
])("%s may not be known yet", async (_what, changes) => {
  expect((await check({ ...changes, dryRun: true })).failures).toEqual([]);
});

describe("The names of what is made", () => {
  const namesIn = ({ inputs }: { inputs: Inputs }) => inputs["objectNames"] as Record<string, string>;
  const north = { ...east, cluster: "south" };

  test("tell resource and target, and differ from source to source", async () => {
    const names = namesIn(await check({ targets: { east, north } }));
    expect(names["east"]).toMatch(/^back-west-[0-9a-f]{8}$/);
    expect(names["north"]).toMatch(/^back-south-[0-9a-f]{8}$/);
    const swapped = namesIn(await check({ targets: { east: north, north: east } }));
    expect(swapped["east"]).toMatch(/^back-south-[0-9a-f]{8}$/);
    expect(swapped["east"]).not.toBe(names["north"]);
  });

  test("are those of another process and another order, and stay whatever else is changed", async () => {
    const first = await check({ targets: { east, north } });
    expect(namesIn(await check({ targets: { north, east } }))).toEqual(namesIn(first));
    const owner = `${String(declared.Restore["owner"])}-renamed`;
    expect(namesIn(await check({ owner, triggers: [1] }, first.inputs))).toEqual({
      east: namesIn(first)["east"],
    });
    expect(namesIn(await check({ owner }))).not.toEqual({ east: namesIn(first)["east"] });
  });

  test("are not known before the target is", async () => {
    expect(namesIn(await check({ ...into({ cluster: UNKNOWN }), dryRun: true }))).toEqual({ east: UNKNOWN });
  });
});
