import type { Input } from "@pulumi/pulumi";
import type { ComparedKinds } from "./provider.ts";
import { type ClusterRoleManifest, clusterRoleOf, type PolicyRule } from "./roles.ts";

/** The permissions of Velero's server outside of its own namespace. */
export interface ServerRightsArgs {
  /**
   * The kinds that Velero may read, and so back up. If you limit them, a backup may include only these kinds: each
   * object of another kind is an error of the backup. Namespaces, nodes, pods, volumes with their claims and classes,
   * custom resource definitions and cluster role bindings are always readable.
   *
   * Kubernetes treats some commands as reading (`get` on `pods/exec` and `nodes/proxy`), and the default includes them:
   * an identity that can act as this Velero can do more than read. A list without `*` excludes them.
   *
   * @default all kinds, including Secrets, so that a backup is complete
   */
  reads?: readonly ComparedKinds[];
  /**
   * If true, Velero may run commands in pods, for the hooks of backups and restores.
   *
   * @default false
   */
  hooks?: boolean;
  /**
   * If true, Velero may create and delete CSI snapshots.
   *
   * @default false
   */
  csiSnapshots?: boolean;
  /**
   * The kinds that Velero may restore. Namespaces are included. Roles and bindings with permissions that Velero itself
   * does not have need `escalate` and `bind`, through `rules`.
   *
   * @default none, and a restore fails with an error for each object
   */
  restores?: readonly ComparedKinds[];
  /**
   * Further rules, which are added unchanged.
   *
   * @default []
   */
  rules?: readonly PolicyRule[];
  /**
   * Name of the ClusterRole.
   *
   * @default `velero-server`
   */
  name?: Input<string>;
}

/**
 * Returns the ClusterRole of a Velero that is no cluster admin: it can read the kinds to back up, and do what else is
 * given. It also needs a Role that allows everything in its own namespace, which Helm's chart creates. A
 * {@link VeleroServer} with `rights` binds both.
 *
 * @example A Velero that takes backups, and brings back what two teams deploy
 * ```ts
 * const kinds = { apiGroups: ["", "apps"], resources: ["configmaps", "secrets", "services", "deployments"] };
 * new k8s.rbac.v1.ClusterRole("velero", velero.rbac.server({ restores: [kinds] }));
 * ```
 */
export function server({
  reads = [{ apiGroups: ["*"], resources: ["*"] }],
  hooks = false,
  csiSnapshots = false,
  restores = [],
  rules = [],
  name = "velero-server",
}: ServerRightsArgs = {}): ClusterRoleManifest {
  const read = ["get", "list", "watch"];
  // Only a status is updated, if a restore sets `restoreStatus`.
  const write = ["create", "patch", "update"];
  return clusterRoleOf(name, [
    ...[...NEEDED, ...reads].map((kinds) => ({ ...kinds, verbs: read })),
    ...(hooks ? [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] }] : []),
    ...(csiSnapshots ? SNAPSHOTS.map((kinds) => ({ ...kinds, verbs: [...write, "delete"] })) : []),
    ...(restores.length > 0
      ? [{ apiGroups: [""], resources: ["namespaces"], verbs: ["create", "patch"] }]
      : []),
    ...restores.map((kinds) => ({ ...kinds, verbs: write })),
    ...rules,
  ]);
}

/** The kinds that Velero reads in every backup. */
const NEEDED: ComparedKinds[] = [
  {
    apiGroups: [""],
    resources: ["namespaces", "nodes", "pods", "persistentvolumes", "persistentvolumeclaims"],
  },
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"] },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"] },
  // Velero backs up the bindings of service accounts. It lists all of them in every backup.
  { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterrolebindings"] },
];

const SNAPSHOTS: ComparedKinds[] = [
  { apiGroups: ["snapshot.storage.k8s.io"], resources: ["volumesnapshots", "volumesnapshotcontents"] },
  {
    apiGroups: ["groupsnapshot.storage.k8s.io"],
    resources: ["volumegroupsnapshots", "volumegroupsnapshotcontents"],
  },
];
