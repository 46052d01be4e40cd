import { type Mistake, refused, refusedByUp } from "./row.ts";

const credentials = "storage.minio.credentials";
const ourSecret = (name: string, key: string): string =>
  `minio({ credentials: { existingSecret: { name: ${name}, key: "${key}" } } })`;
const location = "access: { credentials: { static: keys } },";
const before = `const k8s = require("@pulumi/kubernetes"); const provider = new k8s.Provider("east", {});`;
const theirs = (prefix: string): Pick<Mistake, "storage" | "clusters" | "env"> => ({
  storage: "minio({ prefix: undefined })",
  clusters: `{ east: { ...east, prefix: "${prefix}" } }`,
  env: ({ claimedBucket }) => ({ BUCKET: claimedBucket }),
});

/** What is wrong in the program itself; the unit tests of each kind's inputs have more of it. */
export const declarations: Mistake[] = [
  refused("a time zone that there is not", "schedule", ["Europe/Bonn"], {
    backup: `schedule: "CRON_TZ=Europe/Bonn 0 2 * * *"`,
  }),
  refused("a ttl of nothing", "ttl", ["720h", 'cluster "east"'], { backup: `ttl: "0s"` }),
  refused("two stores at once", "storage", ["needs exactly one kind of store"], {
    storage: "{ ...minio(), ...gcp() }",
  }),
  refused("no bucket", "storage.minio.bucket", ["is required"], { storage: "minio({ bucket: undefined })" }),
  refused("a store without credentials", credentials, ["needs exactly one kind of credentials"], {
    storage: "minio({ credentials: {} })",
  }),
  refused("two kinds of credentials", "storage.aws.credentials", ["needs exactly one kind of credentials"], {
    storage: "aws({ credentials: { static: keys, workloadIdentity: {} } })",
  }),
  refused("no connection to a cluster", "clusters.east", ["has no connection", "is never guessed"], {
    clusters: "{ east: { kubeconfig: undefined } }",
  }),
  refused("a key of which no folder's name can be made", "clusters.東", ["set its `prefix`"], {
    clusters: `{ east, "東": { offline: true } }`,
  }),
  refused("reads of a cluster that is not declared", "clusters.east.reads", ["there are: east"], {
    clusters: `{ east: { ...east, reads: ["wets"] } }`,
  }),
  refused("a backup of another cluster", "cluster", ['the location has no cluster "eats"', "it has: east"], {
    backup: `cluster: "eats"`,
  }),
  refused("a bad word for access", "clusters.east.accessMode", ["ReadWrite"], {
    clusters: `{ east: { ...east, accessMode: "Readonly" } }`,
  }),
  refused("what the pod has for MinIO, and no way of its own", credentials, ['access: "none"'], {
    storage: "minio({ credentials: { ambient: {} } })",
  }),
  refused("a profile of AWS's for MinIO", "access.profile", ["the store is none of AWS's"], {
    location: `access: { profile: "backups" },`,
  }),
  refused("a profile and keys", "access", ["has both a `profile` and `credentials`"], {
    storage: "aws()",
    location: `access: { profile: "backups", credentials: { static: keys } },`,
  }),
  refused("a bad word for its own way", "access", ['must be "none"'], { location: `access: "never",` }),
  refused("a k8s.Provider and a kubeconfig", "clusters", ["has both `provider` and `kubeconfig`"], {
    before,
    clusters: "{ east: { ...east, provider } }",
  }),
  // A preview does not know yet what the k8s.Provider will have.
  refusedByUp(
    "a k8s.Provider without a kubeconfig",
    "clusters.east",
    ["has no connection", "Give exactly one of"],
    {
      before,
      clusters: "{ east: { provider } }",
    },
  ),
  refused(
    "a k8s.Provider among the options",
    "",
    [/takes no "provider".* belongs into the BackupLocation's/s],
    {
      before,
      backup: "",
      options: "{ provider }",
    },
  ),
  // The same up may make it.
  refusedByUp(
    "a Secret that is not in the cluster",
    `${credentials}.existingSecret`,
    [/there is no Secret/],
    {
      storage: ourSecret(`"nobody-made-this"`, "file"),
      location,
    },
  ),
  refusedByUp(
    "a Secret that has no such key",
    `${credentials}.existingSecret`,
    ['has no key "cloud", but file'],
    {
      storage: ourSecret("process.env.OUR_SECRET", "cloud"),
      location,
    },
  ),
  refused("another stack's prefix", "clusters.east.prefix", ["theirs/east/ belongs to", "Choose another"], {
    ...theirs("theirs/east"),
  }),
  // The claims around a prefix are read when one is made: whoever holds them may have given them up by then.
  refusedByUp("a prefix inside of another stack's", "clusters.east.prefix", ["lies below theirs/east/"], {
    ...theirs("theirs/east/inside"),
  }),
  refusedByUp(
    "a prefix around another stack's",
    "clusters.east.prefix",
    ["has east/ below it", "beside it"],
    {
      ...theirs("theirs"),
    },
  ),
];
