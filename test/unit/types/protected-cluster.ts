import type * as pulumi from "@pulumi/pulumi";
import type {
  BackupHealth,
  Location,
  LocationHandle,
  ProtectedClusterArgs,
  StorageArgs,
} from "../../../sdk/index.ts";
import {
  BackupLocation,
  type ClusterBackup,
  locationFrom,
  ProtectedCluster,
  Restore,
} from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const handle: pulumi.Output<LocationHandle>;
declare const name: pulumi.Output<string>;
declare const flag: pulumi.Output<boolean>;
declare const fromConfig: Record<string, { ambient: true }>;

const clusters = { east: { ambient: true }, dr: { ambient: true, reads: ["east"] } } as const;
const location = new BackupLocation("primary", { storage, clusters });
const plain = new ProtectedCluster("plain", { location, cluster: "east" });
const tiered = new ProtectedCluster("tiered", {
  location,
  cluster: "east",
  tiers: { hourly: false, yearly: { schedule: "0 5 1 1 *", ttl: "26280h" } },
});

export const accepted = {
  defaults: plain.backups satisfies Record<"hourly" | "daily" | "weekly", ClusterBackup<"east" | "dr">>,
  nextRun: tiered.backups.daily.nextRun,
  further: tiered.backups.yearly?.nextRun,
  leftOut: tiered.backups.hourly satisfies ClusterBackup<"east" | "dr"> | undefined,
  health: plain.health satisfies pulumi.Output<{ backups: Record<string, BackupHealth> }>,
  location: plain.location satisfies Location<"east" | "dr">,
  ofItsOwn: new ProtectedCluster("a", {
    location: { storage, clusters: { east: { ambient: true }, dr: { ambient: true, reads: ["east"] } } },
    cluster: "east",
    drill: { cluster: "dr" },
  }),
  everyTier: new ProtectedCluster("b", {
    location,
    cluster: "east",
    timezone: "Europe/Berlin",
    includedNamespaces: ["shop", name],
    volumes: "moveData",
    paused: flag,
    deletionPolicy: "delete",
    allowPartialFailure: flag,
    timeouts: { create: "2h" },
  }),
  aTier: new ProtectedCluster("c", {
    location,
    cluster: "east",
    tiers: {
      daily: { schedule: name, ttl: name, maxAge: "26h", runNow: false, triggers: [1], adopt: "nightly" },
      weekly: { includedNamespaces: ["shop"], excludedResources: ["secrets"] },
    },
  }),
  drill: new ProtectedCluster("d", {
    location,
    cluster: "east",
    tiers: { yearly: { schedule: "0 5 1 1 *" } },
    drill: {
      tier: "yearly",
      namespaceMapping: { "*": "test-*" },
      includedResources: ["*"],
      drill: { keep: flag },
    },
  }),
  ofAnotherStack: new ProtectedCluster("e", {
    location: locationFrom("theirs", handle, { clusters: { east: { ambient: true } } }),
    cluster: "east",
    drill: true,
  }),
  keysAreData: new ProtectedCluster("f", {
    location: { storage, clusters: fromConfig },
    cluster: "whatever",
  }),
  drillOfATier: new Restore("g", { backup: plain.backups.weekly, cluster: "dr" }),
  handedOn: (args: ProtectedClusterArgs<"east" | "dr">) =>
    new ProtectedCluster("h", { ...args, drill: true }),
};

// @ts-expect-error: there is no cluster "esat" to protect
new ProtectedCluster("x", { location, cluster: "esat" });
// @ts-expect-error: there is none either in a location that is yet to be made
new ProtectedCluster("x", { location: { storage, clusters }, cluster: "esat" });
// @ts-expect-error: there is no cluster "drr" to drill in
new ProtectedCluster("x", { location, cluster: "east", drill: { cluster: "drr" } });
// @ts-expect-error: a further tier says no schedule, as one that is misspelt never does
new ProtectedCluster("x", { location, cluster: "east", tiers: { dialy: { ttl: "48h" } } });
// @ts-expect-error: there is no such tier to drill
new ProtectedCluster("x", { location, cluster: "east", drill: { tier: "yearly" } });
// @ts-expect-error: a tier has no such option
new ProtectedCluster("x", { location, cluster: "east", tiers: { daily: { tttl: "48h" } } });
// @ts-expect-error: that one may have been left out
export const leftOut = tiered.backups.hourly.nextRun;
// @ts-expect-error: and none of that name was ever declared
export const unknown = tiered.backups.monthly;
