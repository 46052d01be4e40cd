import type { GoodRows } from "./good-rows.ts";

/** Its outputs are known in the up only. */
const first = `const first = new velero.BackupLocation(name + "-first", { storage: minio({ prefix: name + "/first" }), clusters: {} });`;
const k8s = `const k8s = require("@pulumi/kubernetes"); const kubeconfig = process.env.EAST_KUBECONFIG;`;

/** Ways to clusters, what they may be told, and what is backed up. */
export const servedClustersAndBackups: GoodRows = {
  "a cluster by a kubeconfig as it is": { clusters: "{ east: { kubeconfig: process.env.EAST_KUBECONFIG } }" },
  "a cluster by a kubeconfig as an object": {
    clusters: "{ east: { kubeconfig: JSON.parse(process.env.EAST_OBJECT) } }",
  },
  "a cluster by a kubeconfig in a file": { clusters: `{ east: { kubeconfig: { file: "east.yaml" } } }` },
  "a cluster by what kubectl would take": { clusters: "{ east: { ambient: true } }" },
  "a cluster by a context": { clusters: `{ east: { ...east, context: "east" } }` },
  "two clusters, of which each reads all": {
    clusters: `{ east: { ...east, reads: "all" }, west: { ...west, reads: ["east"] } }`,
  },
  "a cluster that only reads": {
    clusters: `{ east, west: { ...west, accessMode: "ReadOnly", reads: ["east"] } }`,
  },
  "a key in another script, with a prefix": { clusters: `{ east, "東": { ...west, prefix: "higashi" } }` },
  "a key of words and signs": { clusters: `{ "East 1 (EU) – Ærø": east }` },
  "a cluster that is offline": { clusters: `{ east: { ...east, reads: ["old"] }, old: { offline: true } }` },
  "keys of a cluster's own": { clusters: "{ east: { ...east, credentials: { static: keys } } }" },
  "clusters that may be skipped": { location: `onUnhealthy: "skip",` },
  "a bucket that is known in the up only": {
    before: first,
    storage: "minio({ bucket: first.store.apply(() => process.env.BUCKET) })",
    backup: `schedule: "@daily"`,
  },
  "a kubeconfig that is known in the up only": {
    before: first,
    clusters: "{ east: { kubeconfig: first.store.apply(() => process.env.EAST_KUBECONFIG) } }",
    backup: `schedule: "@daily", ttl: first.store.apply(() => "24h")`,
  },
  "a schedule by its name": { backup: `schedule: "@daily"` },
  "a schedule of every twelve hours": { backup: `schedule: "@every 12h30m"` },
  "a schedule in a time zone": { backup: `schedule: "CRON_TZ=Europe/Berlin 0 2 * * *"` },
  "a schedule that is paused": { backup: `schedule: "0 2 * * *", paused: true` },
  "a schedule and a backup at once": {
    backup: `schedule: "0 2 * * *", runNow: true`,
  },
  "a time to live in Go's form": { backup: `schedule: "0 2 * * *", ttl: "720h0m0s"` },
  "one backup of a namespace": { backup: "" },
  "a backup without volumes and cluster-scoped resources": {
    backup: `schedule: "0 2 * * *", volumes: "none", includeClusterResources: false, allowPartialFailure: true, deletionPolicy: "delete"`,
  },
};

/** The sandbox cannot serve these: a preview of them passes. */
export const otherClustersAndBackups: GoodRows = {
  "a cluster by a k8s.Provider": {
    before: k8s,
    clusters: "{ east: { provider: new k8s.Provider(name, { kubeconfig }) } }",
  },
  "a cluster by a k8s.Provider and its context": {
    before: k8s,
    clusters: `{ east: { provider: new k8s.Provider(name, { kubeconfig, context: "east" }) } }`,
  },
  "access to write said": { clusters: `{ east: { ...east, accessMode: "ReadWrite" } }` },
  "Velero's default location": { clusters: "{ east: { ...east, default: true } }" },
  "a location that is not the default": { clusters: "{ east: { ...east, default: false } }" },
  "a cluster's prefix of several folders": { clusters: `{ east: { ...east, prefix: "/eu/east/" } }` },
  "waits of its own": { location: `timeouts: { create: "10m", update: "1h30m", delete: "90s" },` },
  "no look before anything is done": { location: `preflight: "off",` },
  "a look that takes nothing easily": { location: `preflight: "strict",` },
  "a schedule of five fields": { backup: `schedule: "*/30 2-4 * jan-mar mon"` },
  "a schedule that waits for its time": { backup: `schedule: "0 2 * * *", skipImmediately: true` },
  "a time to live of several units": { backup: `schedule: "0 2 * * *", ttl: "1h30m"` },
  "namespaces by a glob": { backup: `schedule: "0 2 * * *", includedNamespaces: ["payments-*"]` },
  "one backup that is taken again when a value changes": {
    backup: `triggers: ["v1", 2, true]`,
  },
};
