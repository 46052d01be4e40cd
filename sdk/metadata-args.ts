import type { Input } from "@pulumi/pulumi";

/** Labels and annotations of the objects that a resource makes in a cluster. */
export interface MetadataArgs {
  /**
   * Labels of every object that this resource makes in its clusters: of a backup the Schedule, its Backups and the
   * ConfigMap of its resource policy; of a Restore that object and the ConfigMap of its modifiers; of a BackupLocation
   * the BackupStorageLocations, their Secrets, and the ConfigMap that claims a prefix. A cluster's policies may demand
   * them.
   *
   * A change is an update in place. One that leaves the program is removed from the objects; those that others have
   * added stay. Velero copies the labels of a Schedule to each Backup that it makes, and Backups of a Schedule keep those
   * of their time. Of a single backup the Backup object is updated; its copy in the store keeps what it had, and after a
   * sync from there a refresh shows drift.
   *
   * Names and values follow Kubernetes' rules. Names with the domains `velero.io` and `pulumi-velero.io` are refused.
   *
   * @default none but those of this project
   * @example
   * ```ts
   * labels: { team: "payments", "example.com/cost-center": "4711" }
   * ```
   */
  labels?: Input<Record<string, Input<string>>>;
  /**
   * Annotations of the same objects, by the same rules; a value may be any text.
   *
   * @default none but those of this project
   * @example
   * ```ts
   * annotations: { "example.com/runbook": "https://wiki.example.com/backups" }
   * ```
   */
  annotations?: Input<Record<string, Input<string>>>;
}
