import type * as pulumi from "@pulumi/pulumi";
import type {
  LocationHandle,
  RestoreArgs,
  RestorePart,
  RestorePlan,
  StorageArgs,
} from "../../../sdk/index.ts";
import { BackupLocation, ClusterBackup, locationFrom, Restore, WorkspaceBackup } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const handle: pulumi.Output<LocationHandle>;
declare const name: pulumi.Output<string>;
declare const names: pulumi.Output<string[]>;
declare const flag: pulumi.Output<boolean>;
declare const mapping: pulumi.Output<Record<string, string>>;
declare const fromConfig: Record<string, { ambient: true }>;

const location = new BackupLocation("primary", {
  storage,
  clusters: { east: { ambient: true }, dr: { ambient: true, reads: ["east"] }, gone: { offline: true } },
});
const nightly = new ClusterBackup("nightly", { location, cluster: "east", schedule: "@daily" });
const payments = new WorkspaceBackup("payments", { location, clusters: ["east", "dr"] });
const named = { location, from: "gone", backupName: name } as const;
const drill = { namespaceMapping: { "*": "*-drill" }, drill: true };

export const accepted = {
  ofABackup: new Restore("a", { backup: nightly, cluster: "dr" }),
  ofAWorkspace: new Restore("b", { backup: payments, clusterMapping: { east: "dr", dr: "east" } }),
  intoThemselves: new Restore("c", { backup: payments, clusterMapping: "same" }),
  ofSomeOfThem: new Restore("d", { backup: payments, clusterMapping: { east: "dr" } }),
  byName: new Restore("e", { backup: named, cluster: "dr" }),
  bySchedule: new Restore("f", { backup: { location, from: "east", schedule: "nightly" }, cluster: "dr" }),
  asItWasThen: new Restore("g", {
    backup: { location, from: "east", schedule: name, before: "2026-11-23T02:00:00Z" },
    cluster: "east",
  }),
  workspaceByName: new Restore("h", {
    backup: { location, workspace: "payments", before: name },
    clusterMapping: { east: "dr" },
  }),
  drill: new Restore("i", { backup: nightly, cluster: "dr", ...drill }),
  keptDrill: new Restore("j", { backup: nightly, cluster: "dr", ...drill, drill: { keep: flag } }),
  drillOfObjects: new Restore("l", {
    backup: nightly,
    cluster: "dr",
    ...drill,
    drill: { keep: true, data: "objectsOnly" },
  }),
  inputs: new Restore("k", {
    backup: nightly,
    cluster: "dr",
    includedNamespaces: names,
    excludedResources: ["events", name],
    namespaceMapping: mapping,
    storageClassMapping: { gp2: name },
    restorePVs: flag,
    existingResourcePolicy: "update",
    restoreStatus: { includedResources: names },
    labelSelector: { matchExpressions: [{ key: "tier", operator: "In", values: names }] },
    resourceModifiers: [
      {
        conditions: { groupResource: "deployments.apps", matches: [{ path: "/spec/replicas", value: "3" }] },
        patches: [{ operation: "replace", path: "/spec/replicas", value: "1" }],
      },
    ],
    hooks: { resources: [{ name, postHooks: [{ exec: { command: ["warm", name], waitTimeout: "5m" } }] }] },
    uploaderConfig: { parallelFilesDownload: 4 },
    triggers: [name, 1, true],
    allowPartialFailure: flag,
    timeouts: { create: "2h" },
  }),
  outputs: [
    new Restore("l", { backup: nightly, cluster: "dr" }).created,
    new Restore("m", { backup: nightly, cluster: "dr" }).plan.apply((plan) => plan?.missingKinds.length),
  ] satisfies pulumi.Output<number | undefined>[],
  parts: new Restore("n", { backup: payments, clusterMapping: "same" }).byCluster satisfies pulumi.Output<
    Record<string, RestorePart>
  >,
  plan: new Restore("o", { backup: nightly, cluster: "dr" }).plan satisfies pulumi.Output<
    RestorePlan | undefined
  >,
  // Another stack's location, and one whose keys are data.
  ofAnotherStack: new Restore("p", {
    backup: {
      location: locationFrom("theirs", handle, { clusters: { east: { ambient: true } } }),
      from: "east",
      schedule: "nightly",
    },
    cluster: "east",
  }),
  keysAreData: new Restore("q", {
    backup: {
      location: new BackupLocation("dynamic", { storage, clusters: fromConfig }),
      from: "whatever",
      backupName: "b",
    },
    cluster: "whatever-else",
  }),
  // Functions and components hand arguments around.
  handedOn: (args: RestoreArgs<"east" | "dr">) => new Restore("r", { ...args, triggers: ["again"] }),
  dependsOn: new Restore("s", { backup: nightly, cluster: "dr" }, { dependsOn: [payments] }),
};

// @ts-expect-error: there is no cluster "drr" to restore into
new Restore("x", { backup: nightly, cluster: "drr" });
// @ts-expect-error: nor one of that name that was backed up
new Restore("x", { backup: { location, from: "esat", backupName: "b" }, cluster: "dr" });
// @ts-expect-error: there is no cluster "drr" in a mapping either
new Restore("x", { backup: payments, clusterMapping: { east: "drr" } });
// @ts-expect-error: nor among those that were backed up
new Restore("x", { backup: payments, clusterMapping: { esat: "dr" } });
// @ts-expect-error: a workspace goes into many clusters, by a mapping
new Restore("x", { backup: payments, cluster: "dr" });
// @ts-expect-error: the backup of a cluster goes into one
new Restore("x", { backup: nightly, clusterMapping: { east: "dr" } });
// @ts-expect-error: where it goes is always said
new Restore("x", { backup: nightly });
// @ts-expect-error: and is one cluster or a mapping
new Restore("x", { backup: payments, cluster: "dr", clusterMapping: "same" });

new Restore("x", {
  // @ts-expect-error: a backup is told by its name or by its schedule
  backup: { location, from: "east", backupName: "b", schedule: "nightly" },
  cluster: "dr",
});
// @ts-expect-error: and by one of them at least
new Restore("x", { backup: { location, from: "east" }, cluster: "dr" });
// @ts-expect-error: a backup by its name is one cluster's
new Restore("x", { backup: { location, backupName: "b" }, cluster: "dr" });
// @ts-expect-error: `namespaceMappings` is no property
new Restore("x", { backup: nightly, cluster: "dr", namespaceMappings: { "*": "*-drill" } });

new Restore("x", {
  backup: nightly,
  cluster: "dr",
  labels: { team: "a" },
  annotations: { page: "b" },
});
// @ts-expect-error: Kubernetes takes strings alone
new Restore("x", { backup: nightly, cluster: "dr", labels: { replicas: 3 } });
// @ts-expect-error: Velero has no such policy for what is there already
new Restore("x", { backup: nightly, cluster: "dr", existingResourcePolicy: "replace" });
// @ts-expect-error: a drill proves the data, or objects alone
new Restore("x", { backup: nightly, cluster: "dr", drill: { data: "claims" } });
// @ts-expect-error: a selector does not go with one of several
new Restore("x", {
  backup: nightly,
  cluster: "dr",
  labelSelector: { matchLabels: { app: "shop" } },
  orLabelSelectors: [{ matchLabels: { app: "shop" } }],
});

new Restore("x", {
  backup: nightly,
  cluster: "dr",
  resourceModifiers: [
    {
      conditions: { groupResource: "deployments.apps" },
      // @ts-expect-error: Velero takes the value of a patch as text
      patches: [{ operation: "replace", path: "/spec/replicas", value: 1 }],
    },
  ],
});
