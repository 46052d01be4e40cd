import type { Input } from "@pulumi/pulumi";
import type { ComparedKinds } from "./provider.ts";
import { type ClusterRoleManifest, clusterRoleOf, type PolicyRule } from "./roles.ts";

/** What Velero's server may do outside of its own namespace. */
export interface ServerRightsArgs {
  /**
   * The kinds that it may read, and so back up. With others, what a backup includes has to be among them: of the rest
   * each one is an error in it. Namespaces, nodes, pods, volumes with their claims and classes, custom resource
   * definitions and cluster role bindings are read in any case.
   *
   * Kubernetes counts some commands as reading (`get` on `pods/exec` and `nodes/proxy`), and "all" has them in it: whoever
   * can act as this Velero can do more than read. A list without `*` leaves them out.
   *
   * @default all of them, Secrets among them, so that a backup is whole
   */
  reads?: readonly ComparedKinds[];
  /**
   * Whether it may run commands in pods, for the hooks of backups and restores.
   *
   * @default false
   */
  hooks?: boolean;
  /**
   * Whether it may make and remove CSI snapshots.
   *
   * @default false
   */
  csiSnapshots?: boolean;
  /**
   * The kinds that it may restore; namespaces come with them. Roles and bindings whose rights Velero has not itself
   * need `escalate` and `bind`, by `rules`.
   *
   * @default none, and a restore fails with an error for each object
   */
  restores?: readonly ComparedKinds[];
  /**
   * Further rules, as they are.
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
 * The ClusterRole of a Velero that is no cluster admin: it reads what is to be backed up, and does what else is said.
 * It needs a Role beside it that allows everything in its own namespace, which Helm's chart makes; a
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
  // Updated is but a status, where a restore says `restoreStatus`.
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

/** What Velero looks at whatever it backs up. */
const NEEDED: ComparedKinds[] = [
  {
    apiGroups: [""],
    resources: ["namespaces", "nodes", "pods", "persistentvolumes", "persistentvolumeclaims"],
  },
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"] },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"] },
  // Of service accounts those are backed up, too; it lists them at once, in every backup.
  { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterrolebindings"] },
];

const SNAPSHOTS: ComparedKinds[] = [
  { apiGroups: ["snapshot.storage.k8s.io"], resources: ["volumesnapshots", "volumesnapshotcontents"] },
  {
    apiGroups: ["groupsnapshot.storage.k8s.io"],
    resources: ["volumegroupsnapshots", "volumegroupsnapshotcontents"],
  },
];
