import fc from "fast-check";
import {
  connection,
  dnsName,
  duration,
  flag,
  folder,
  type Inputs,
  key,
  type Kind,
  kindNames,
  lineage,
  locationReference,
  merged,
  onUnhealthy,
  ownedBy,
  owner,
  preflight,
  record,
  REFERENCED,
  resourceName,
  selectors,
  someKinds,
  someOf,
  storage,
  tags,
  text,
  timeouts,
} from "./arbitrary-parts.ts";
import { restore } from "./arbitrary-restores.ts";

export { ANOTHER_LINEAGE, type Inputs, type Kind, LINEAGE, REFERENCED, urnOf } from "./arbitrary-parts.ts";

const backupLocation = record(
  { owner: owner("BackupLocation"), storage, preflight },
  { adoptLineage: lineage, timeouts },
);

const sharedLocation = record({ owner: owner("SharedLocation") }, { adoptLineage: lineage });

const clusterLocation = record(
  {
    ...ownedBy("ClusterLocation"),
    location: resourceName,
    cluster: key.map((each) => `${each}-own`),
    connection,
    storage,
    namespace: fc.constantFrom("velero", "backup-system"),
    preflight,
  },
  {
    adoptLineage: lineage,
    requestedAccessMode: fc.constantFrom("ReadWrite", "ReadOnly"),
    prefix: folder,
    reads: fc.uniqueArray(record({ cluster: key }, { prefix: folder }), {
      maxLength: 3,
      selector: ({ cluster }) => cluster,
    }),
    default: flag,
    takeOver: text,
    ...tags,
    adopt: fc.stringMatching(/^[a-z0-9]{1,20}$/),
    onUnhealthy,
    validationFrequency: duration,
    repositoryPassword: fc.oneof(fc.stringMatching(/^[A-Za-z0-9]{8,20}$/), fc.constant({ env: REFERENCED })),
    timeouts,
  },
).map((inputs) =>
  // All of them are one program, and a Velero has one default location.
  "default" in inputs && inputs.default
    ? { ...inputs, namespace: `velero-of-${String(inputs.owner)}` }
    : inputs,
);

const namespaceEntry = fc.oneof(
  dnsName,
  fc.constantFrom("team-*", "db-?", "app-[a-c]", "/^team-\\d+$/", "/x/"),
);
/** Of each pair of ways to say it, one. */
const filters = fc.oneof(
  record({}, { includedResources: someKinds, includeClusterResources: flag }),
  record({}, { includedClusterScopedResources: someKinds, excludedNamespaceScopedResources: kindNames }),
);
const captured = fc.oneof(
  record({}, { volumes: fc.constantFrom("snapshot", "moveData", "fileCopy", "none") }),
  record(
    { volumes: fc.constant("fileCopy") },
    { uploaderConfig: record({}, { parallelFilesUpload: fc.integer({ min: 1, max: 9 }) }) },
  ),
  record(
    {},
    {
      resourcePolicy: record(
        {},
        {
          volumePolicies: fc.array(
            record({
              conditions: record({}, { storageClass: someOf(dnsName) }),
              action: record({ type: fc.constant("skip") }),
            }),
            { maxLength: 2 },
          ),
        },
      ),
      volumeSnapshotLocations: someOf(dnsName),
    },
  ),
);
const common = record(
  {},
  {
    ...tags,
    adoptLineage: lineage,
    storage,
    triggers: fc.array(fc.oneof(text, fc.integer(), flag), { maxLength: 3 }),
    deletionPolicy: fc.constantFrom("retain", "delete"),
    allowPartialFailure: flag,
    onUnhealthy,
    timeouts,
    includedNamespaces: someOf(namespaceEntry, 4),
    excludedNamespaces: fc.uniqueArray(fc.constantFrom("kube-system", "tmp-*", "/^old-/"), { maxLength: 2 }),
    orderedResources: fc.dictionary(fc.constantFrom("pods", "secrets"), fc.array(dnsName, { maxLength: 2 })),
    hooks: record({
      resources: fc.array(
        record(
          { name: dnsName },
          {
            pre: fc.array(
              record({
                exec: record(
                  { command: fc.array(text, { minLength: 1, maxLength: 3 }) },
                  { timeout: duration },
                ),
              }),
              { maxLength: 2 },
            ),
          },
        ),
        { maxLength: 2 },
      ),
    }),
    csiSnapshotTimeout: duration,
    itemOperationTimeout: duration,
    ttl: duration,
  },
);
const once = fc.constant({});
const scheduled = record(
  { schedule: fc.constantFrom("0 2 * * *", "@daily", "CRON_TZ=Europe/Berlin 5 * * * 1-5") },
  { paused: flag, skipImmediately: flag, runNow: flag, maxAge: duration, useOwnerReferencesInBackup: flag },
);

const backupOf = (required: fc.Arbitrary<object>) =>
  merged(required, common, filters, selectors, captured, fc.oneof(once, scheduled));

const clusterBackup = backupOf(
  record(
    { ...ownedBy("ClusterBackup"), cluster: key, location: locationReference, connection, preflight },
    { adopt: dnsName },
  ),
);

const workspaceBackup = backupOf(
  fc
    .tuple(
      fc.dictionary(
        key.filter((each) => !each.includes(".")),
        record({ location: locationReference, connection }),
        { minKeys: 1, maxKeys: 4 },
      ),
      flag,
    )
    .filter(
      ([reach, all]) =>
        !all || Object.values(reach).some(({ connection }) => !("offline" in (connection as object))),
    )
    .chain(([reach, all]) =>
      record(
        {
          ...ownedBy("WorkspaceBackup"),
          clusters: fc.constant(all ? "all" : Object.keys(reach)),
          reach: fc.constant(reach),
          preflight,
        },
        { parallel: fc.integer({ min: 1, max: 9 }) },
      ),
    ),
);

/** Valid inputs of every kind, as the SDK sends them into the provider's process. */
export const arbitraryInputs: Record<Kind, fc.Arbitrary<Inputs>> = {
  BackupLocation: backupLocation,
  SharedLocation: sharedLocation,
  ClusterLocation: clusterLocation,
  ClusterBackup: clusterBackup,
  WorkspaceBackup: workspaceBackup,
  Restore: restore,
};

export const kinds = Object.keys(arbitraryInputs) as Kind[];

/** Paths to every value in it, at any depth: `["storage", "minio", "bucket"]`. */
export function pathsIn(value: unknown, path: string[] = []): string[][] {
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, each]: [string, unknown]) => pathsIn(each, [...path, name]))
      : [];
  return path.length > 0 ? [path, ...inner] : inner;
}

/** The same value, with another one at the path. */
export function withValueAt(value: unknown, [first, ...rest]: string[], replacement: unknown): unknown {
  if (first === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((each: unknown, index) =>
      String(index) === first ? withValueAt(each, rest, replacement) : each,
    );
  }
  const object = value as Inputs;
  return { ...object, [first]: withValueAt(object[first], rest, replacement) };
}

/** The same value, with the keys of all its objects in another order. */
export function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, shuffled(each)]),
  );
}
