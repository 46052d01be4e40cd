import fc from "fast-check";

export type Kind =
  | "BackupLocation"
  | "SharedLocation"
  | "ClusterLocation"
  | "ClusterBackup"
  | "WorkspaceBackup"
  | "Restore";
export type Inputs = Record<string, unknown>;

/** References of arbitrary inputs lead to this variable; a test sets it. */
export const REFERENCED = "ARBITRARY_SECRET";

export const text = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9._ -]{1,30}$/),
  fc.string({ minLength: 1, unit: "grapheme" }),
);
export const key = fc.stringMatching(/^[a-zA-Z0-9][A-Za-z0-9_. -]{0,40}$/);
export const resourceName = fc.stringMatching(/^[a-zA-Z0-9][A-Za-z0-9_-]{0,60}$/);
export const folder = fc.stringMatching(/^[a-z0-9]{1,9}(\/[a-z0-9]{1,9}){0,2}$/);
export const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{2,30}$/);
export const url = fc
  .tuple(fc.constantFrom("http", "https"), fc.domain())
  .map(([scheme, host]) => `${scheme}://${host}:9000`);
export const secret = fc.oneof(text, fc.constant({ env: REFERENCED }));
export const duration = fc.constantFrom("30m", "1h30m", "720h", "1.5h");
export const flag = fc.boolean();

export const urnOf = (kind: Kind, name: string): string =>
  `urn:pulumi:dev::project::pulumi-nodejs:dynamic/velero:${kind}::${name}`;

/** The lineage of the stack under test, and that of a stack of equal names. */
export const [LINEAGE, ANOTHER_LINEAGE] = ["00000000000000a1", "00000000000000b2"];

/** Optional properties are there or not, as an undefined input never reaches the provider. */
export const record = <T extends Record<string, fc.Arbitrary<unknown>>>(
  required: T,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) => fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) as never[] });

export const credentials = record({
  static: record({ accessKeyId: secret, secretAccessKey: secret }, { sessionToken: secret }),
});

export const storage = fc.oneof(
  record({
    minio: record(
      { bucket, endpoint: url, credentials },
      { prefix: folder, publicUrl: url, region: text, caCertificate: secret },
    ),
  }),
  record({
    aws: record(
      // The region, as path style without an endpoint needs one.
      { bucket, credentials, region: text },
      {
        prefix: folder,
        endpoint: url,
        publicUrl: url,
        checksumAlgorithm: fc.constantFrom("", "CRC32"),
        forcePathStyle: flag,
        kmsKeyId: text,
        serverSideEncryption: text,
        // Velero's plugin takes no single one.
        tagging: fc.dictionary(key, text, { maxKeys: 3 }).filter((tags) => Object.keys(tags).length !== 1),
      },
    ),
  }),
);

export const connection = fc.oneof(
  record({ kubeconfig: secret }, { context: text }),
  record({ ambient: fc.constant(true) }, { context: text }),
  record({ offline: fc.constant(true) }),
);

/** These stores and clusters are nowhere; what a preview sees of real ones is in test/scenarios/preflight.test.ts. */
export const preflight = fc.constant("off");
export const onUnhealthy = fc.constantFrom("fail", "skip");
export const timeouts = record({}, { create: duration, update: duration, delete: duration });
export const owner = (kind: Kind) => resourceName.map((name) => urnOf(kind, name));
export const lineage = fc.stringMatching(/^[0-9a-f]{16}$/);
/** What every kind has that makes no lineage of its own. */
export const ownedBy = (kind: Kind) => ({ owner: owner(kind), lineage });

export const locationReference = record({
  ...ownedBy("ClusterLocation"),
  locationName: fc.stringMatching(/^[a-z]{1,20}$/),
  namespace: fc.constantFrom("velero", "backup-system"),
  storePrefix: folder,
});

export const dnsName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const kindName = fc.constantFrom("pods", "secrets", "deployments.apps");
/** To leave nothing out is an empty list; to take nothing is none. */
export const kindNames = fc.uniqueArray(kindName, { maxLength: 3 });
export const someKinds = fc.uniqueArray(kindName, { minLength: 1, maxLength: 3 });
export const someOf = <T>(item: fc.Arbitrary<T>, maxLength = 2) =>
  fc.uniqueArray(item, { minLength: 1, maxLength });

const matchLabels = fc.dictionary(dnsName, dnsName, { minKeys: 1, maxKeys: 2 });
const matchExpressions = fc.array(
  record({
    key: dnsName,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(dnsName, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 2 },
);
const selector = fc.oneof(record({ matchLabels }, { matchExpressions }), record({ matchExpressions }));

export const selectors = fc.oneof(
  record({}, { labelSelector: selector }),
  record({}, { orLabelSelectors: fc.array(selector, { minLength: 1, maxLength: 2 }) }),
);
export const merged = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<Inputs> =>
  fc.tuple(...parts).map((each) => Object.assign({}, ...each) as Inputs);

/** Labels and annotations that a program may declare. */
export const tags = {
  labels: fc.dictionary(fc.constantFrom("team", "example.com/tier"), fc.stringMatching(/^[a-z0-9]{0,9}$/)),
  annotations: fc.dictionary(fc.constantFrom("page", "Example.com/page"), fc.string()),
};
