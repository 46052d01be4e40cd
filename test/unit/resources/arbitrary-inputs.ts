import fc from "fast-check";

/** Valid inputs of every kind, as the SDK sends them into the provider's process. */
export type Kind = "BackupLocation" | "ClusterLocation" | "ClusterBackup";
export type Inputs = Record<string, unknown>;

/** References of arbitrary inputs lead to this variable; a test sets it. */
export const REFERENCED = "ARBITRARY_SECRET";

const text = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9._ -]{1,30}$/),
  fc.string({ minLength: 1, unit: "grapheme" }),
);
const key = fc.stringMatching(/^[a-zA-Z0-9][A-Za-z0-9_. -]{0,40}$/);
const resourceName = fc.stringMatching(/^[a-zA-Z0-9][A-Za-z0-9_-]{0,60}$/);
const folder = fc.stringMatching(/^[a-z0-9]{1,9}(\/[a-z0-9]{1,9}){0,2}$/);
const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{2,30}$/);
const url = fc
  .tuple(fc.constantFrom("http", "https"), fc.domain())
  .map(([scheme, host]) => `${scheme}://${host}:9000`);
const secret = fc.oneof(text, fc.constant({ env: REFERENCED }));
const duration = fc.constantFrom("30m", "1h30m", "720h", "1.5h");
const flag = fc.boolean();

export const urnOf = (kind: Kind, name: string): string =>
  `urn:pulumi:dev::project::pulumi-nodejs:dynamic/velero:${kind}::${name}`;

/** Optional properties are there or not, as an undefined input never reaches the provider. */
const record = <T extends Record<string, fc.Arbitrary<unknown>>>(
  required: T,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) => fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) as never[] });

const credentials = record({
  static: record({ accessKeyId: secret, secretAccessKey: secret }, { sessionToken: secret }),
});

const storage = fc.oneof(
  record({
    minio: record(
      { bucket, endpoint: url, credentials },
      { prefix: folder, region: text, caCertificate: secret },
    ),
  }),
  record({
    aws: record(
      // The region, as path style without an endpoint needs one.
      { bucket, credentials, region: text },
      {
        prefix: folder,
        endpoint: url,
        forcePathStyle: flag,
        kmsKeyId: text,
        serverSideEncryption: text,
        tagging: fc.dictionary(key, text, { maxKeys: 3 }),
      },
    ),
  }),
);

const connection = fc.oneof(
  record({ kubeconfig: secret }, { context: text }),
  record({ ambient: fc.constant(true) }, { context: text }),
  record({ offline: fc.constant(true) }),
);

/** These stores and clusters are nowhere; what a preview sees of real ones is in test/scenarios/preflight.test.ts. */
const preflight = fc.constant("off");
const onUnhealthy = fc.constantFrom("fail", "skip");
const timeouts = record({}, { create: duration, update: duration, delete: duration });
const owner = (kind: Kind) => resourceName.map((name) => urnOf(kind, name));

const backupLocation = record({ owner: owner("BackupLocation"), storage, preflight }, { timeouts });

const clusterLocation = record(
  {
    owner: owner("ClusterLocation"),
    location: resourceName,
    cluster: key.map((each) => `${each}-own`),
    connection,
    storage,
    namespace: fc.constantFrom("velero", "backup-system"),
    preflight,
  },
  {
    requestedAccessMode: fc.constantFrom("ReadWrite", "ReadOnly"),
    prefix: folder,
    reads: fc.uniqueArray(record({ cluster: key }, { prefix: folder }), {
      maxLength: 3,
      selector: ({ cluster }) => cluster,
    }),
    default: flag,
    takeOver: text,
    onUnhealthy,
    repositoryPassword: fc.oneof(fc.stringMatching(/^[A-Za-z0-9]{8,20}$/), fc.constant({ env: REFERENCED })),
    timeouts,
  },
).map((inputs) =>
  // All of them are one program, and a Velero has one default location.
  "default" in inputs && inputs.default
    ? { ...inputs, namespace: `velero-of-${String(inputs.owner)}` }
    : inputs,
);

const onDemand = {
  owner: owner("ClusterBackup"),
  cluster: key,
  location: record({
    owner: owner("ClusterLocation"),
    locationName: fc.stringMatching(/^[a-z]{1,20}$/),
    namespace: fc.constantFrom("velero", "backup-system"),
    storePrefix: folder,
  }),
  connection,
  preflight,
};

const settings = {
  storage,
  triggers: fc.array(fc.oneof(text, fc.integer(), flag), { maxLength: 3 }),
  deletionPolicy: fc.constantFrom("retain", "delete"),
  allowPartialFailure: flag,
  onUnhealthy,
  timeouts,
  includedNamespaces: fc.array(text, { maxLength: 4 }),
  includeClusterResources: flag,
  ttl: duration,
  volumes: fc.constantFrom("snapshot", "none"),
};

const clusterBackup = fc.oneof(
  record(onDemand, settings),
  record(
    {
      ...onDemand,
      schedule: fc.constantFrom("0 2 * * *", "@daily", "@every 12h", "CRON_TZ=Europe/Berlin */5 * * * 1-5"),
    },
    { ...settings, paused: flag, skipImmediately: flag, runNow: flag },
  ),
);

export const arbitraryInputs: Record<Kind, fc.Arbitrary<Inputs>> = {
  BackupLocation: backupLocation,
  ClusterLocation: clusterLocation,
  ClusterBackup: clusterBackup,
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
