import type { Input } from "@pulumi/pulumi";
import { type ProviderUse, rulesOf, withTheirs } from "./provider-rights.ts";
import {
  type ClusterRoleManifest,
  clusterRoleOf,
  type PolicyRule,
  type RoleManifest,
  roleOf,
} from "./roles.ts";

/** The uses of this library by a stack in a cluster. */
export interface ProviderRightsArgs {
  /**
   * Namespace in which Velero runs.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * The uses of the stack in that cluster.
   *
   * - `locations`: BackupLocations, with the Secrets of their credentials. No other use needs Secrets.
   * - `backups`: ClusterBackups and WorkspaceBackups, on demand and scheduled.
   * - `deletion`: `deletionPolicy: "delete"`, and the removal of what a failed backup has left. Includes `backups`.
   * - `restores`: Restores.
   * - `drills`: Restores with `drill`, whose namespaces are removed again. Kubernetes cannot limit that to names, so it
   *   is a permission to delete any namespace. Includes `restores`.
   * - `lookUps`: `getBackups`, `getLatestBackup`, `getLocationUsers`.
   *
   * @default all of them
   */
  uses?: readonly ProviderUse[];
  /**
   * For `restores`: the kinds that a plan, `verify` and drills may list in the target. If a kind may not be listed, a
   * plan counts all of its objects as missing, and says so. `verify` and drills refuse to judge it. `[]` is for
   * restores without `verify` and drills.
   *
   * @default all kinds in all namespaces, including Secrets
   */
  compares?: readonly ComparedKinds[];
  /**
   * Name of both roles.
   *
   * @default `pulumi-velero`
   */
  name?: Input<string>;
}

/** Kinds by their plural names. */
export interface ComparedKinds {
  /** API groups; `""` is the core group, `"*"` is every group. */
  apiGroups: string[];
  /** Plural names of kinds; `"*"` is every kind. */
  resources: string[];
}

/** The permissions that the credentials of a cluster need. */
export interface ProviderRoles {
  /** The Role for Velero's namespace. Bind it by a RoleBinding there. */
  role: RoleManifest;
  /** The ClusterRole for cluster-scoped objects and other namespaces. Bind it by a ClusterRoleBinding. */
  clusterRole: ClusterRoleManifest;
}

/**
 * Returns exactly the permissions that this library needs in a cluster: those of the kubeconfig that a program gives
 * for it. Permissions that every authenticated user has (to list the served kinds, and to ask for one's own
 * permissions) are not included.
 *
 * A preview names each missing permission. With `preflight: "strict"`, that is a failure.
 *
 * @example
 * ```ts
 * const { role, clusterRole } = velero.rbac.provider({ uses: ["locations", "backups"] });
 * new k8s.rbac.v1.Role("backups", role);
 * new k8s.rbac.v1.ClusterRole("backups", clusterRole);
 * const account = { kind: "ServiceAccount", name: "ci", namespace: "ci" };
 * const refers = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name: "pulumi-velero" });
 * new k8s.rbac.v1.RoleBinding("backups", {
 *   metadata: { namespace: "velero" },
 *   roleRef: refers("Role"),
 *   subjects: [account],
 * });
 * new k8s.rbac.v1.ClusterRoleBinding("backups", { roleRef: refers("ClusterRole"), subjects: [account] });
 * ```
 */
export function provider({
  namespace = "velero",
  uses = EVERY,
  compares = [{ apiGroups: ["*"], resources: ["*"] }],
  name = "pulumi-velero",
}: ProviderRightsArgs = {}): ProviderRoles {
  const wanted = withTheirs(uses);
  if (wanted.length === 0)
    throw new Error("rbac.provider: `uses` is empty, and the roles would allow nothing.");
  const compared = wanted.includes("restores") ? compares : [];
  return {
    role: roleOf({ name, namespace }, [
      ...rulesOf(wanted, "namespace"),
      ...(wanted.includes("backups") ? [NODE_AGENT, SERVER] : []),
    ]),
    clusterRole: clusterRoleOf(name, [
      // The UID of `kube-system` identifies a cluster.
      {
        apiGroups: [""],
        resources: ["namespaces"],
        resourceNames: ["kube-system", namespace],
        verbs: ["get"],
      },
      ...rulesOf(wanted, "cluster"),
      ...compared.map((kinds): PolicyRule => ({ ...kinds, verbs: ["list"] })),
    ]),
  };
}

const EVERY: readonly ProviderUse[] = ["locations", "backups", "deletion", "restores", "drills", "lookUps"];

/** This checks for a node agent, if files of volumes are to be copied. */
const NODE_AGENT: PolicyRule = {
  apiGroups: ["apps"],
  resources: ["daemonsets"],
  resourceNames: ["node-agent", "node-agent-windows"],
  verbs: ["get"],
};

/**
 * A preview reads whether Velero's server runs with the feature EnableCSI, if snapshots are to be taken. An up and a
 * refresh read its time zone.
 */
const SERVER: PolicyRule = {
  apiGroups: ["apps"],
  resources: ["deployments"],
  resourceNames: ["velero"],
  verbs: ["get"],
};
