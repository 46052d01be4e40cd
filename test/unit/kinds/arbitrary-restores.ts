import fc from "fast-check";
import {
  connection,
  dnsName,
  duration,
  flag,
  key,
  kindNames,
  lineage,
  locationReference,
  merged,
  ownedBy,
  owner,
  preflight,
  record,
  selectors,
  someKinds,
  someOf,
  storage,
  tags,
  text,
  timeouts,
} from "./arbitrary-parts.ts";

/** What stands for a backup: the resource that made it, or how it is said otherwise. */
const source = fc.oneof(
  record(
    { owner: owner("ClusterBackup") },
    {
      formerOwners: fc.array(record(ownedBy("ClusterBackup")), { maxLength: 2 }),
      aliases: fc.array(owner("ClusterBackup"), { maxLength: 2 }),
      scheduled: flag,
    },
  ),
  record({ backupName: dnsName }),
  record(
    { schedule: dnsName },
    { before: fc.constantFrom("2026-11-23T02:00:00Z", "2026-11-23T02:00:00.5-09:30") },
  ),
  record({ workspace: dnsName }, { before: fc.constant("2026-11-23T02:00:00+01:00") }),
);

const clusterKey = key.filter((each) => !each.includes("."));
const target = record({
  cluster: clusterKey,
  location: locationReference,
  sees: dnsName,
  connection: connection.filter((each) => !("offline" in (each as object))),
  source: record({}, { storage, latest: dnsName }),
});
const targets = fc
  .uniqueArray(fc.tuple(clusterKey, target), {
    minLength: 1,
    maxLength: 3,
    selector: ([, { cluster }]) => cluster,
  })
  .map((entries) => Object.fromEntries(entries));

const namespaceMapping = fc.oneof(
  fc.constant({ "*": "*-copy" }),
  fc.constant({ "team-*": "*", shop: "shop-2" }),
  fc.dictionary(dnsName, dnsName, { maxKeys: 3 }),
);

/** A drill says where to, and leaves the cluster's own objects alone. */
const manner = fc.oneof(
  record({}, { verify: flag, includeClusterResources: flag, namespaceMapping }),
  record(
    { drill: fc.constantFrom(true, { keep: true }, {}), namespaceMapping },
    { includeClusterResources: fc.constant(false) },
  ),
);

const resourceModifiers = fc.array(
  record({
    conditions: record(
      { groupResource: fc.constantFrom("deployments.apps", "*") },
      { resourceNameRegex: fc.constantFrom("^web-", "db|cache"), namespaces: someOf(dnsName) },
    ),
    patches: fc.array(
      record({
        operation: fc.constantFrom("add", "replace"),
        path: fc.constantFrom("/spec/replicas", "/metadata/labels/tier"),
        value: fc.constantFrom("3", '"3"', "gold", ""),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  { maxLength: 2 },
);

const hooks = record({
  resources: fc.array(
    record(
      { name: dnsName },
      {
        postHooks: fc.array(
          record({
            exec: record(
              { command: fc.array(text, { minLength: 1, maxLength: 3 }) },
              { execTimeout: duration, waitForReady: flag },
            ),
          }),
          { maxLength: 2 },
        ),
      },
    ),
    { maxLength: 2 },
  ),
});

export const restore = merged(
  record({ ...ownedBy("Restore"), source, targets, storage, preflight }),
  manner,
  selectors,
  record(
    {},
    {
      ...tags,
      adoptLineage: lineage,
      triggers: fc.array(fc.oneof(text, fc.integer(), flag), { maxLength: 3 }),
      allowPartialFailure: flag,
      timeouts,
      includedNamespaces: someOf(dnsName, 3),
      excludedResources: kindNames,
      storageClassMapping: fc.dictionary(dnsName, dnsName, { maxKeys: 2 }),
      restorePVs: flag,
      preserveNodePorts: flag,
      existingResourcePolicy: fc.constantFrom("none", "update"),
      restoreStatus: record({ includedResources: someKinds }, { excludedResources: kindNames }),
      itemOperationTimeout: duration,
      uploaderConfig: record(
        {},
        { parallelFilesDownload: fc.integer({ min: 1, max: 9 }), writeSparseFiles: flag },
      ),
      resourceModifiers,
      hooks,
    },
  ),
);
