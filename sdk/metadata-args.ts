import type { Input } from "@pulumi/pulumi";

/** Labels and annotations of the objects that a resource creates in a cluster. */
export interface MetadataArgs {
  /**
   * Labels of every object that this resource creates in its clusters. For a backup, these are the Schedule, its
   * Backups and the ConfigMap of its resource policy. For a Restore, these are that object and the ConfigMap of its
   * modifiers. For a BackupLocation, these are the BackupStorageLocations, their Secrets, and the ConfigMap that claims
   * a prefix. A cluster's policies may require them.
   *
   * A change is an update in place. A label that is removed from the program is removed from the objects. Labels that
   * others added stay. Velero copies the labels of a Schedule to each Backup that it makes, and existing Backups of a
   * Schedule keep theirs. For a single backup, the Backup object is updated. Its copy in the store keeps the old
   * labels, and after a sync from there a refresh shows drift.
   *
   * Names and values follow Kubernetes' rules. Names with the domains `velero.io` and `pulumi-velero.io` are refused.
   *
   * @default only those of this project
   * @example
   * ```ts
   * labels: { team: "payments", "example.com/cost-center": "4711" }
   * ```
   */
  labels?: Input<Record<string, Input<string>>>;
  /**
   * Annotations of the same objects, by the same rules. A value may be any text.
   *
   * @default only those of this project
   * @example
   * ```ts
   * annotations: { "example.com/runbook": "https://wiki.example.com/backups" }
   * ```
   */
  annotations?: Input<Record<string, Input<string>>>;
}
