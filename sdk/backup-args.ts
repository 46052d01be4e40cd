import type { Input } from "@pulumi/pulumi";
import type { MetadataArgs } from "./metadata-args.ts";
import type { SelectionArgs } from "./selection-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";

/** The arguments that ClusterBackup and WorkspaceBackup share. */
export type BackupArgs = SelectionArgs & ScheduleArgs & RetentionArgs & MetadataArgs;

/** Decides when backups are taken: one backup now, or backups on a schedule. */
export type ScheduleArgs = OnDemandArgs | ScheduledArgs;

/** One backup, which is taken now. The `up` waits for it. */
export interface OnDemandArgs {
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  schedule?: undefined;
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  paused?: undefined;
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  skipImmediately?: undefined;
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  runNow?: undefined;
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  useOwnerReferencesInBackup?: undefined;
  /** Only for a scheduled backup: {@link ScheduledArgs}. */
  maxAge?: undefined;
}

/** A Velero Schedule. */
export interface ScheduledArgs {
  /**
   * Five cron fields, `@daily` and its like, or `@every 12h`. `CRON_TZ=Europe/Berlin` in front sets the time zone
   * (Velero 1.15). Without it, the time zone of Velero's server applies. {@link schedules} has the common ones.
   */
  schedule: Input<string> | undefined;
  /**
   * If true, the schedule takes no backups.
   *
   * @default false
   */
  paused?: Input<boolean>;
  /**
   * If true, a schedule that is overdue when it is created or unpaused waits for its next time.
   *
   * @default Velero's
   */
  skipImmediately?: Input<boolean>;
  /**
   * Takes one backup at once when the schedule is created, and waits for it.
   *
   * @default false
   */
  runNow?: Input<boolean>;
  /**
   * If true, Backups of the Schedule have it as their owner (Velero's Schedule, `spec.useOwnerReferencesInBackup`), as
   * some GitOps tools expect. If somebody deletes the Schedule by hand, Kubernetes then deletes their Backup objects.
   * The stored data stays, and Velero's sync creates the objects again. A destroy of this resource first removes the
   * owner reference, so that `deletionPolicy` decides about the backups. A backup that an `up` takes has no owner.
   *
   * @default false
   */
  useOwnerReferencesInBackup?: Input<boolean>;
  /**
   * Maximum age of the newest good backup, the recovery point objective. An older one is drift (`Stale`). A Go
   * duration: `26h`.
   *
   * @default none: only missed runs are drift
   */
  maxAge?: Input<string>;
}

/** Decides how long backups are kept, what happens to them when the resource is removed, and which ones are good. */
export interface RetentionArgs {
  /**
   * A change of any of these values takes another backup now.
   *
   * @default []
   */
  triggers?: Input<Input<string | number | boolean>[]>;
  /**
   * Retention time of a backup, as a Go duration: `720h`.
   *
   * @default Velero's, 720h
   */
  ttl?: Input<string>;
  /**
   * Decides whether stored backups are retained or deleted when this resource is removed. A retained backup still
   * expires by its TTL.
   *
   * @default `retain`
   */
  deletionPolicy?: Input<"retain" | "delete">;
  /**
   * If true, a backup that ended PartiallyFailed is good, if it holds the data of its claims.
   *
   * @default false
   */
  allowPartialFailure?: Input<boolean>;
  /**
   * Timeout of each operation on this resource.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
}
