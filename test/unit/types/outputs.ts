import type * as pulumi from "@pulumi/pulumi";
import type { BackupLocationOutputs } from "../../../provider/kinds/backup-location.ts";
import type { ClusterBackupOutputs } from "../../../provider/schemas/cluster-backup.ts";
import type { ClusterLocationOutputs } from "../../../provider/schemas/cluster-location.ts";
import type { RestoreOutputs, RestorePartOutputs } from "../../../provider/schemas/restore.ts";
import type { Part, WorkspaceBackupOutputs } from "../../../provider/kinds/workspace-backup/parts.ts";
import type * as velero from "../../../sdk/index.ts";

/** What a resource tells of itself, as values. */
type Told<R> = {
  [
    P in keyof R as R[P] extends pulumi.Output<unknown> ? Exclude<P, "id" | "urn"> : never
  ]: R[P] extends pulumi.Output<infer V> ? V : never;
};

/** The same type, and not a wider or narrower one. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : ["not the same", A, B];

/** Both are held to each other word by word: what the provider gives, and what the SDK says that it gives. */
type Words<A extends { health?: unknown; phase?: unknown }> = [
  health: Exclude<A["health"], undefined>,
  phase: Exclude<A["phase"], undefined>,
];

export const words: {
  location: Same<Words<Told<velero.BackupLocation>>, Words<BackupLocationOutputs>>;
  clusterLocation: Same<Words<Told<velero.ClusterLocation>>, Words<ClusterLocationOutputs>>;
  clusterBackup: Same<Words<Told<velero.ClusterBackup>>, Words<ClusterBackupOutputs>>;
  workspaceBackup: Same<Words<Told<velero.WorkspaceBackup>>, Words<WorkspaceBackupOutputs>>;
  workspacePart: Same<Words<velero.WorkspaceBackupPart>, Words<Part>>;
  restore: Same<Words<Told<velero.Restore>>, Words<RestoreOutputs>>;
  restorePart: Same<Words<velero.RestorePart>, Words<RestorePartOutputs>>;
} = {
  location: true,
  clusterLocation: true,
  clusterBackup: true,
  workspaceBackup: true,
  workspacePart: true,
  restore: true,
  restorePart: true,
};

/** Whatever else the provider gives has to be what the SDK says of it. */
type Held<Given, Said> = {
  [P in keyof Said & keyof Given]: Given[P] extends Said[P] ? never : P;
}[keyof Said & keyof Given] extends never
  ? true
  : ["not as the SDK says", { [P in keyof Said & keyof Given]: Given[P] extends Said[P] ? never : P }];

export const outputs: {
  location: Held<BackupLocationOutputs, Told<velero.BackupLocation>>;
  clusterLocation: Held<ClusterLocationOutputs, Told<velero.ClusterLocation>>;
  clusterBackup: Held<ClusterBackupOutputs, Told<velero.ClusterBackup>>;
  workspaceBackup: Held<Omit<WorkspaceBackupOutputs, "byCluster">, Told<velero.WorkspaceBackup>>;
  restore: Held<Omit<RestoreOutputs, "byCluster">, Told<velero.Restore>>;
} = {
  location: true,
  clusterLocation: true,
  clusterBackup: true,
  workspaceBackup: true,
  restore: true,
};

declare const location: velero.BackupLocation<"east">;

/** What an editor completes there, beside Pulumi's `urn`, `id` and `getProvider`. */
export const visible: Same<
  Exclude<keyof (typeof location)["clusters"]["east"], keyof pulumi.CustomResource>,
  | "locationName"
  | "namespace"
  | "storePrefix"
  | "readLocations"
  | "accessMode"
  | "phase"
  | "message"
  | "lastValidated"
  | "lastSynced"
  | "serverVersion"
  | "health"
> = true;

declare const shared: velero.SharedLocation<"east">;

export const visibleOfAnothers: Same<
  keyof (typeof shared)["clusters"]["east"],
  "locationName" | "namespace" | "storePrefix" | "readLocations"
> = true;
// @ts-expect-error: a phase is misspelt
export const misspelt: velero.BackupPhase = "Complete";
declare const drill: velero.Restore;
// @ts-expect-error: a restore has no such health
export const restored = drill.health.apply((health) => health === "Stale");
declare const caught: Error;
export const caughtIt = (is: typeof velero.isVeleroError): boolean => is(caught, "NoSuchBucket");
// @ts-expect-error: a code is misspelt
export const caughtNothing = (is: typeof velero.isVeleroError): boolean => is(caught, "NoSuchBukcet");
