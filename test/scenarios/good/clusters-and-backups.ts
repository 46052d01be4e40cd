import type { GoodRow } from "./row.ts";

/** Ways to clusters, what they may be told, and what is backed up. */
export const clustersAndBackups: GoodRow[] = [
  {
    title: "a cluster by a k8s.Provider",
    clusters: "{ east: { provider: new k8s.Provider(name, { kubeconfig: process.env.EAST_KUBECONFIG }) } }",
  },
  {
    title: "a cluster by a k8s.Provider and its context",
    clusters: `{ east: { provider: new k8s.Provider(name, { kubeconfig: process.env.EAST_KUBECONFIG, context: "east" }) } }`,
  },
  {
    title: "a cluster by a kubeconfig as it is",
    clusters: "{ east: { kubeconfig: process.env.EAST_KUBECONFIG } }",
    passesUp: true,
  },
  {
    title: "a cluster by a kubeconfig as an object",
    clusters: "{ east: { kubeconfig: JSON.parse(process.env.EAST_OBJECT) } }",
    passesUp: true,
  },
  {
    title: "a cluster by a kubeconfig in a file",
    clusters: `{ east: { kubeconfig: { file: "east.yaml" } } }`,
    passesUp: true,
  },
  { title: "a cluster by what kubectl would take", clusters: "{ east: { ambient: true } }", passesUp: true },
  { title: "a cluster by a context", clusters: `{ east: { ...east, context: "east" } }`, passesUp: true },
  {
    title: "two clusters, of which each reads all",
    clusters: `{ east: { ...east, reads: "all" }, west: { ...west, reads: ["east"] } }`,
    passesUp: true,
  },
  {
    title: "a cluster that only reads",
    clusters: `{ east, west: { ...west, accessMode: "ReadOnly", reads: ["east"] } }`,
    passesUp: true,
  },
  { title: "access to write said", clusters: `{ east: { ...east, accessMode: "ReadWrite" } }` },
  { title: "Velero's default location", clusters: "{ east: { ...east, default: true } }" },
  { title: "a location that is not the default", clusters: "{ east: { ...east, default: false } }" },
  {
    title: "a key in another script, with a prefix",
    clusters: `{ east, "東": { ...west, prefix: "higashi" } }`,
    passesUp: true,
  },
  { title: "a key of words and signs", clusters: `{ "East 1 (EU) – Ærø": east }`, passesUp: true },
  { title: "a cluster's prefix of several folders", clusters: `{ east: { ...east, prefix: "/eu/east/" } }` },
  {
    title: "a cluster that is offline",
    clusters: `{ east: { ...east, reads: ["old"] }, old: { offline: true } }`,
    passesUp: true,
  },
  {
    title: "keys of a cluster's own",
    clusters: "{ east: { ...east, credentials: { static: keys } } }",
    passesUp: true,
  },
  { title: "clusters that may be skipped", location: `onUnhealthy: "skip",`, passesUp: true },
  { title: "waits of its own", location: `timeouts: { create: "10m", update: "1h30m", delete: "90s" },` },
  { title: "no look before anything is done", location: `preflight: "off",` },
  { title: "a look that takes nothing easily", location: `preflight: "strict",` },
  {
    title: "a bucket that is known in the up only",
    storage: "minio({ bucket: first.store.apply(() => process.env.BUCKET) })",
    backup: `schedule: "@daily"`,
    passesUp: true,
  },
  {
    title: "a kubeconfig that is known in the up only",
    clusters: "{ east: { kubeconfig: first.store.apply(() => process.env.EAST_KUBECONFIG) } }",
    backup: `schedule: "@daily", ttl: first.store.apply(() => "24h")`,
    passesUp: true,
  },
  { title: "a schedule of five fields", backup: `schedule: "*/30 2-4 * jan-mar mon"` },
  { title: "a schedule by its name", backup: `schedule: "@daily"`, passesUp: true },
  { title: "a schedule of every twelve hours", backup: `schedule: "@every 12h30m"`, passesUp: true },
  {
    title: "a schedule in a time zone",
    backup: `schedule: "CRON_TZ=Europe/Berlin 0 2 * * *"`,
    passesUp: true,
  },
  { title: "a schedule that is paused", backup: `schedule: "0 2 * * *", paused: true`, passesUp: true },
  { title: "a schedule that waits for its time", backup: `schedule: "0 2 * * *", skipImmediately: true` },
  {
    title: "a schedule and a backup at once",
    backup: `schedule: "0 2 * * *", runNow: true, includedNamespaces: [process.env.SHOP]`,
    passesUp: true,
  },
  { title: "a time to live in Go's form", backup: `schedule: "0 2 * * *", ttl: "720h0m0s"`, passesUp: true },
  { title: "a time to live of several units", backup: `schedule: "0 2 * * *", ttl: "1h30m"` },
  { title: "namespaces by a glob", backup: `schedule: "0 2 * * *", includedNamespaces: ["payments-*"]` },
  { title: "one backup of a namespace", backup: "includedNamespaces: [process.env.SHOP]", passesUp: true },
  {
    title: "one backup that is taken again when a value changes",
    backup: `includedNamespaces: [process.env.SHOP], triggers: ["v1", 2, true]`,
  },
  {
    title: "a backup without volumes and cluster-scoped resources",
    backup: `schedule: "0 2 * * *", volumes: "none", includeClusterResources: false, allowPartialFailure: true, deletionPolicy: "delete"`,
    passesUp: true,
  },
];
