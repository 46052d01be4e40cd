import type * as pulumi from "@pulumi/pulumi";
import type { Location, LocationHandle, StorageArgs } from "../../../sdk/index.ts";
import { BackupLocation, ClusterBackup, locationFrom } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const storage: StorageArgs;
declare const handle: pulumi.Output<LocationHandle>;
declare const fromConfig: Record<string, { ambient: true }>;

const location = new BackupLocation("primary", {
  storage,
  clusters: { east: { ambient: true }, dr: { offline: true, reads: ["east"] } },
});

export const accepted = {
  keysAreInferred: location satisfies BackupLocation<"east" | "dr">,
  backup: new ClusterBackup("a", { location, cluster: "east" }),
  child: location.clusters.dr.locationName,
  // Programs hand locations around in functions and components.
  wider: location satisfies BackupLocation<string>,
  anyLocation: location satisfies Location<string>,
  inAList: [location] satisfies BackupLocation[],
  readsAll: new BackupLocation("b", { storage, clusters: { east: { ambient: true, reads: "all" } } }),
};

// @ts-expect-error: there is no cluster "esat"
new ClusterBackup("x", { location, cluster: "esat" });

new BackupLocation("x", {
  storage,
  clusters: {
    east: { ambient: true },
    // @ts-expect-error: there is no cluster "esat" to read from
    dr: { ambient: true, reads: ["esat"] },
  },
});
// @ts-expect-error: nor a child for it
export const child = location.clusters.esat;
// @ts-expect-error: a location of these clusters is none of another one
export const narrower: BackupLocation<"west"> = location;

/** Where the keys are data, they are strings, and the provider's process looks at them. */
const dynamic = new BackupLocation("dynamic", { storage, clusters: fromConfig });
export const fallsBack = {
  keysAreStrings: dynamic satisfies BackupLocation<string>,
  backup: new ClusterBackup("c", { location: dynamic, cluster: "whatever" }),
};

const theirs = locationFrom("theirs", handle, { clusters: { east: { ambient: true } } });
export const ofAnotherStack = {
  plain: new ClusterBackup("d", { location: theirs, cluster: "east" }),
  anyLocation: theirs satisfies Location<string>,
  fromConfig: new ClusterBackup("e", {
    location: locationFrom("theirs", handle, { clusters: fromConfig }),
    cluster: "whatever",
  }),
};

// @ts-expect-error: this stack has said nothing of how to reach it
new ClusterBackup("x", { location: theirs, cluster: "dr" });
// @ts-expect-error: `perfix` is no property
new BackupLocation("x", { storage, clusters: { east: { ambient: true, perfix: "x" } } });
// @ts-expect-error: a store is told by its one key
new BackupLocation("x", { storage: { azure: { bucket: "x" } }, clusters: { east: { ambient: true } } });
