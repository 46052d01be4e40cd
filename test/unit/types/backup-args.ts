import type * as pulumi from "@pulumi/pulumi";
import type { ClusterBackupArgs, StorageArgs, WorkspaceBackupArgs } from "../../../sdk/index.ts";
import { BackupLocation, ClusterBackup, schedules, WorkspaceBackup } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const fromConfig: string | undefined;
declare const paused: boolean | undefined;
declare const keys: ("east" | "dr")[];
declare const names: pulumi.Output<string[]>;
declare const name: pulumi.Output<string>;
declare const flag: pulumi.Output<boolean>;

const location = new BackupLocation("primary", {
  storage,
  clusters: { east: { ambient: true }, dr: { offline: true, reads: ["east"] } },
});
const here = { location, cluster: "east" } as const;
const everywhere = { location, clusters: "all" } as const;
const selector = { matchLabels: { app: "shop" } };

/** What a team has in common for its backups. */
const usual = { ttl: "720h", includedNamespaces: ["shop", "billing"], volumes: "none" as const };
const nightly = {
  schedule: schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  runNow: true,
  maxAge: "26h",
};

export const accepted = {
  once: new ClusterBackup("a", here),
  onSchedule: new ClusterBackup("b", { ...here, schedule: "0 2 * * *", paused: true, skipImmediately: true }),
  labelled: new ClusterBackup("b2", { ...here, labels: { team: name }, annotations: { page: name } }),
  owning: new WorkspaceBackup("b1", { ...everywhere, schedule: "@daily", useOwnerReferencesInBackup: flag }),
  // A program may have its schedule from its configuration, and without one take a backup now.
  perhapsOnSchedule: new ClusterBackup("c", { ...here, schedule: fromConfig, paused }),
  notOnSchedule: new ClusterBackup("d", { ...here, schedule: undefined, ttl: undefined }),
  spread: new ClusterBackup("e", { ...here, ...usual, ...nightly, ttl: "48h" }),
  spreadOverMany: new WorkspaceBackup("f", {
    ...everywhere,
    ...usual,
    ...nightly,
    spread: "1h",
    parallel: 4,
  }),
  inputs: new ClusterBackup("g", {
    ...here,
    schedule: name,
    paused: flag,
    includedNamespaces: names,
    excludedNamespaces: ["kube-system", name],
    includeClusterResources: flag,
    labelSelector: {
      matchLabels: { app: name },
      matchExpressions: [{ key: "tier", operator: "In", values: names }],
    },
    hooks: { resources: [{ name, pre: [{ exec: { command: ["sync", name], onError: "Continue" } }] }] },
    orderedResources: { pods: names },
    triggers: [name, 1, true],
  }),
  outputs: [
    new ClusterBackup("h", here).backupName.apply((made) => made?.length),
    new WorkspaceBackup("i", everywhere).byCluster.apply(({ east }) => east?.backupName),
  ] satisfies pulumi.Output<number | string | undefined>[],
  oldFilters: new ClusterBackup("j", {
    ...here,
    includedResources: ["pods"],
    includeClusterResources: false,
  }),
  newFilters: new ClusterBackup("k", {
    ...here,
    includedClusterScopedResources: ["*"],
    excludedNamespaceScopedResources: names,
  }),
  oneOfSeveralLabels: new ClusterBackup("l", { ...here, orLabelSelectors: [selector, { matchLabels: {} }] }),
  policies: new ClusterBackup("m", {
    ...here,
    resourcePolicy: { volumePolicies: [{ conditions: { capacity: "10Gi," }, action: { type: "skip" } }] },
  }),
  named: new WorkspaceBackup("n", { location, clusters: ["east", "dr"] }),
  namedByData: new WorkspaceBackup("o", { location, clusters: keys }),
  // Functions and components hand arguments around.
  handedOn: (args: ClusterBackupArgs<"east" | "dr">) => new ClusterBackup("p", { ...args, ttl: "24h" }),
  handedOnToMany: (args: WorkspaceBackupArgs<"east" | "dr">) =>
    new WorkspaceBackup("q", { ...args, parallel: 2 }),
};

// @ts-expect-error: Velero's old filters do not go with its new ones
new ClusterBackup("x", { ...here, includedResources: ["pods"], includedClusterScopedResources: ["nodes"] });
// @ts-expect-error: nor does a choice of cluster resources
new ClusterBackup("x", {
  ...here,
  includeClusterResources: true,
  excludedNamespaceScopedResources: ["events"],
});
// @ts-expect-error: over many clusters, too
new WorkspaceBackup("x", {
  ...everywhere,
  excludedResources: ["secrets"],
  excludedClusterScopedResources: ["nodes"],
});
// @ts-expect-error: a selector does not go with one of several
new ClusterBackup("x", { ...here, labelSelector: selector, orLabelSelectors: [selector] });
// @ts-expect-error: a pause needs a schedule
new ClusterBackup("x", { ...here, paused: true });
// @ts-expect-error: a backup that is taken once is taken now
new ClusterBackup("x", { ...here, runNow: true });
// @ts-expect-error: nor has it an age that it may not pass
new WorkspaceBackup("x", { ...everywhere, maxAge: "26h" });
// @ts-expect-error: there is no cluster "esat" to back up
new WorkspaceBackup("x", { location, clusters: ["east", "esat"] });
// @ts-expect-error: a single cluster is a list of one
new WorkspaceBackup("x", { location, clusters: "east" });
// @ts-expect-error: `inculdedNamespaces` is no property
new ClusterBackup("x", { ...here, inculdedNamespaces: ["shop"] });
// @ts-expect-error: volumes are captured in one of four ways
new ClusterBackup("x", { ...here, volumes: "snapshots" });

new ClusterBackup("x", {
  ...here,
  labelSelector: {
    // @ts-expect-error: Kubernetes has no such operator
    matchExpressions: [{ key: "app", operator: "Equals" }],
  },
});

new ClusterBackup("x", {
  ...here,
  resourcePolicy: {
    // @ts-expect-error: Velero has no such action
    volumePolicies: [{ conditions: {}, action: { type: "copy" } }],
  },
});

new ClusterBackup("x", {
  ...here,
  // @ts-expect-error: a hook runs a command
  hooks: { resources: [{ name: "freeze", pre: [{ exec: { container: "db" } }] }] },
});
// @ts-expect-error: one name cannot be taken over in many clusters
new WorkspaceBackup("x", { ...everywhere, adopt: "nightly" });
