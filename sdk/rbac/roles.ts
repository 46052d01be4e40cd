import type { Input } from "@pulumi/pulumi";

/** One rule of a role: the allowed actions (`verbs`) on kinds of API groups. */
export interface PolicyRule {
  /** API groups. `""` is the core group. */
  apiGroups: string[];
  /** Plural names of kinds: `backups`. */
  resources: string[];
  /** Names of the objects. Without it, the rule applies to all objects. */
  resourceNames?: Input<string>[];
  /** Allowed actions: `get`, `list`, `create` and so on. */
  verbs: string[];
}

/**
 * A Role: the arguments of `@pulumi/kubernetes`' `rbac.v1.Role`. If all values are plain, it is the manifest itself.
 */
export interface RoleManifest {
  /** Version of Kubernetes' API for roles. */
  apiVersion: "rbac.authorization.k8s.io/v1";
  /** Kind of the manifest. */
  kind: "Role";
  /** Name and namespace of the role. */
  metadata: {
    /** Name of the role. */
    name: Input<string>;
    /** Namespace of the role. */
    namespace: Input<string>;
  };
  /** Rules of the role. */
  rules: PolicyRule[];
}

/**
 * A ClusterRole: the arguments of `@pulumi/kubernetes`' `rbac.v1.ClusterRole`. If all values are plain, it is the
 * manifest itself.
 */
export interface ClusterRoleManifest {
  /** Version of Kubernetes' API for roles. */
  apiVersion: "rbac.authorization.k8s.io/v1";
  /** Kind of the manifest. */
  kind: "ClusterRole";
  /** Name of the role. */
  metadata: {
    /** Name of the role. */
    name: Input<string>;
  };
  /** Rules of the role. */
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
