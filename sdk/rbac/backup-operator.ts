import type { Input } from "@pulumi/pulumi";
import { type RoleManifest, roleOf } from "./roles.ts";

/** The permissions of a backup operator, and their scope. */
export interface BackupOperatorArgs {
  /**
   * Namespace in which Velero runs.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * If true, the operator may restore backups as well.
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
 * Returns the Role of a person who may take backups of a cluster (or take and restore them) and read all of Velero's
 * objects, but may neither change nor delete a backup, a schedule or a location. This is Palette's Workspace Operator.
 * It is for Velero's own tool (`velero backup create`, `describe`, `logs`) and `kubectl`. A stack needs
 * {@link provider}, because this library labels the backups that it takes.
 *
 * The Role protects stored data, and does not limit the person to some namespaces: a backup lets Velero read everything
 * that it names, and its hooks run commands in pods. A restore creates objects of any kind. Both use Velero's own
 * permissions.
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
    // `patch` is left out: a person who may change the expiration of a backup may have it deleted.
    { apiGroups: ["velero.io"], resources: made, verbs: ["create"] },
  ]);
}

/** Requests to Velero's server, which are objects: for a log or a result, and for its version. */
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
