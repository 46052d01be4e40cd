import type { Input } from "@pulumi/pulumi";
import { type RoleManifest, roleOf } from "./roles.ts";

/** What a backup operator may do, and where. */
export interface BackupOperatorArgs {
  /**
   * Namespace in which Velero runs.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * Whether backups may be restored, too.
   *
   * @default false
   */
  restore?: boolean;
  /**
   * Name of the Role.
   *
   * @default `velero-backup-operator`, with `restore` `velero-restore-operator`
   */
  name?: Input<string>;
}

/**
 * The Role of a person who may take backups of a cluster, or take and restore them, and look at all that Velero has,
 * but neither change nor delete a backup, a schedule or a location: Palette's Workspace Operator. It is for Velero's
 * own tool (`velero backup create`, `describe`, `logs`) and `kubectl`; a stack needs {@link provider}, since this library marks
 * the backups that it takes.
 *
 * It guards what is stored, and does not confine the person to some namespaces: a backup has Velero read
 * whatever it names, and its hooks run commands in pods; a restore brings back objects of any kind. Both are done with
 * Velero's own rights.
 *
 * @example
 * ```ts
 * const operator = new k8s.rbac.v1.Role("operator", velero.rbac.backupOperator({ restore: true }));
 * new k8s.rbac.v1.RoleBinding("operators", {
 *   metadata: { namespace: "velero" },
 *   roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: operator.metadata.name },
 *   subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "backup-operators" }],
 * });
 * ```
 */
export function backupOperator({
  namespace = "velero",
  restore = false,
  name = restore ? "velero-restore-operator" : "velero-backup-operator",
}: BackupOperatorArgs = {}): RoleManifest {
  const made = ["backups", ...(restore ? ["restores"] : []), ...ASKED];
  return roleOf({ name, namespace }, [
    { apiGroups: ["velero.io"], resources: [...SEEN], verbs: ["get", "list", "watch"] },
    // Not `patch`: who may write when a backup expires may have it deleted.
    { apiGroups: ["velero.io"], resources: made, verbs: ["create"] },
  ]);
}

/** Questions to Velero's server, which are objects: for a log or a result, and for its version. */
const ASKED = ["downloadrequests", "serverstatusrequests"];

const SEEN = [
  "backups",
  "schedules",
  "restores",
  "backupstoragelocations",
  "volumesnapshotlocations",
  "deletebackuprequests",
  "podvolumebackups",
  "podvolumerestores",
  "datauploads",
  "datadownloads",
  ...ASKED,
];
