import type { Input } from "@pulumi/pulumi";

/** One rule of a role: what may be done (`verbs`) with which kinds of which API groups. */
export interface PolicyRule {
  /** `""` is the core group. */
  apiGroups: string[];
  /** Plural names: `backups`. */
  resources: string[];
  /** Only the objects of these names; left out, all of them. */
  resourceNames?: Input<string>[];
  /** What may be done: `get`, `list`, `create` and so on. */
  verbs: string[];
}

/** A Role: the arguments of `@pulumi/kubernetes`' `rbac.v1.Role`, and, of plain values, the manifest itself. */
export interface RoleManifest {
  /** Version of Kubernetes' API for roles. */
  apiVersion: "rbac.authorization.k8s.io/v1";
  /** Kind of the manifest. */
  kind: "Role";
  /** Name of the role, and where it is. */
  metadata: {
    /** Name of the role. */
    name: Input<string>;
    /** Namespace of the role. */
    namespace: Input<string>;
  };
  /** What the role allows. */
  rules: PolicyRule[];
}

/** A ClusterRole: the arguments of `@pulumi/kubernetes`' `rbac.v1.ClusterRole`, and, of plain values, the manifest itself. */
export interface ClusterRoleManifest {
  /** Version of Kubernetes' API for roles. */
  apiVersion: "rbac.authorization.k8s.io/v1";
  /** Kind of the manifest. */
  kind: "ClusterRole";
  /** Name of the role, and where it is. */
  metadata: {
    /** Name of the role. */
    name: Input<string>;
  };
  /** What the role allows. */
  rules: PolicyRule[];
}

export const roleOf = (
  metadata: { name: Input<string>; namespace: Input<string> },
  rules: PolicyRule[],
): RoleManifest => ({ apiVersion: API, kind: "Role", metadata, rules });

export const clusterRoleOf = (name: Input<string>, rules: PolicyRule[]): ClusterRoleManifest => ({
  apiVersion: API,
  kind: "ClusterRole",
  metadata: { name },
  rules,
});

const API = "rbac.authorization.k8s.io/v1";
