import type { Input } from "@pulumi/pulumi";
import type { MetadataArgs } from "./metadata-args.ts";
import type { SelectionArgs } from "./selection-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";

/** What ClusterBackup and WorkspaceBackup have in common. */
export type BackupArgs = SelectionArgs & ScheduleArgs & RetentionArgs & MetadataArgs;

/** When backups are taken: one now, or on a schedule. */
export type ScheduleArgs = OnDemandArgs | ScheduledArgs;

/** One backup, taken now and waited for. */
export interface OnDemandArgs {
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  schedule?: undefined;
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  paused?: undefined;
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  skipImmediately?: undefined;
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  runNow?: undefined;
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  useOwnerReferencesInBackup?: undefined;
  /** Only a scheduled backup takes it: {@link ScheduledArgs}. */
  maxAge?: undefined;
}

/** A Velero Schedule. */
export interface ScheduledArgs {
  /**
   * Five cron fields, `@daily` and its like, or `@every 12h`; `CRON_TZ=Europe/Berlin` in front sets the time zone
   * (Velero 1.15), which is that of Velero's server otherwise. {@link schedules} writes the usual ones.
   */
  schedule: Input<string> | undefined;
  /**
   * The schedule takes no backups while it is true.
   *
   * @default false
   */
  paused?: Input<boolean>;
  /**
   * A schedule that is overdue when it is made or unpaused waits for its next time.
   *
   * @default Velero's
   */
  skipImmediately?: Input<boolean>;
  /**
   * Takes one backup at once when the schedule is made, and waits for it.
   *
   * @default false
   */
  runNow?: Input<boolean>;
  /**
   * Backups that the Schedule makes name it as their owner (Velero's Schedule, `spec.useOwnerReferencesInBackup`), as
   * some GitOps tools expect. Whoever deletes the Schedule by hand then makes Kubernetes remove their Backup objects;
   * what is stored stays, and Velero's sync brings the objects back. A destroy of this resource takes the reference off
   * first, so that `deletionPolicy` decides what becomes of the backups. One that an `up` takes has no owner.
   *
   * @default false
   */
  useOwnerReferencesInBackup?: Input<boolean>;
  /**
   * How old the newest good backup may be, the recovery point objective; an older one is drift (`Stale`). A Go
   * duration: `26h`.
   *
   * @default none, and only runs that did not take place are drift
   */
  maxAge?: Input<string>;
}

/** How long a backup is kept, what becomes of it, and what counts as a good one. */
export interface RetentionArgs {
  /**
   * A change of any of these values takes another backup now.
   *
   * @default []
   */
  triggers?: Input<Input<string | number | boolean>[]>;
  /**
   * How long a backup is kept, as a Go duration: `720h`.
   *
   * @default Velero's, 720h
   */
  ttl?: Input<string>;
  /**
   * What becomes of stored backups when this resource goes. A retained one still expires by its TTL.
   *
   * @default `retain`
   */
  deletionPolicy?: Input<"retain" | "delete">;
  /**
   * A backup that ended PartiallyFailed is good enough, if it holds the data of its claims.
   *
   * @default false
   */
  allowPartialFailure?: Input<boolean>;
  /**
   * How long an operation on this resource may wait.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
}
