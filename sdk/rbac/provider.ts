import type { Input } from "@pulumi/pulumi";
import { inCluster, inNamespace, type ProviderUse, rulesOf, withTheirs } from "./provider-rights.ts";
import {
  type ClusterRoleManifest,
  clusterRoleOf,
  type PolicyRule,
  type RoleManifest,
  roleOf,
} from "./roles.ts";

/** What a stack uses of this library in a cluster. */
export interface ProviderRightsArgs {
  /**
   * Namespace in which Velero runs.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * What the stack has there.
   *
   * - `locations`: BackupLocations, with the Secrets of their keys. Nothing else needs Secrets.
   * - `backups`: ClusterBackups and WorkspaceBackups, on demand and scheduled.
   * - `deletion`: `deletionPolicy: "delete"`, and the removal of what a failed backup has left. With `backups`.
   * - `restores`: Restores.
   * - `drills`: Restores with `drill`, whose namespaces are removed again. Kubernetes cannot bind that to names, so it
   *   is a right to remove any namespace. With `restores`.
   * - `lookUps`: `getBackups`, `getLatestBackup`, `getLocationUsers`.
   *
   * @default all of them
   */
  uses?: readonly ProviderUse[];
  /**
   * Of `restores`: the kinds that a plan, `verify` and drills may look at in the target, by lists. Of a kind that is
   * not seen a plan counts all objects as missing, and says so;
   * `verify` and drills refuse to judge. `[]` is for restores without either.
   *
   * @default all kinds in all namespaces, Secrets among them
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

/** What the credentials of a cluster need, all in all. */
export interface ProviderRoles {
  /** For Velero's namespace; to be bound by a RoleBinding there. */
  role: RoleManifest;
  /** For what is in no namespace, or in others; to be bound by a ClusterRoleBinding. */
  clusterRole: ClusterRoleManifest;
}

/**
 * The rights that this library needs in a cluster, and no more: those of the kubeconfig that a program gives for it.
 * What everybody who is known to a cluster may do (ask which kinds it serves, and what oneself may do) is not among them.
 *
 * A preview names each of them that is missing. `preflight: "strict"` makes that a failure.
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
      ...rulesOf(wanted.map((use) => inNamespace[use])),
      ...(wanted.includes("backups") ? [NODE_AGENT, SERVER] : []),
    ]),
    clusterRole: clusterRoleOf(name, [
      // By `kube-system` clusters are told apart.
      {
        apiGroups: [""],
        resources: ["namespaces"],
        resourceNames: ["kube-system", namespace],
        verbs: ["get"],
      },
      ...rulesOf(wanted.map((use) => inCluster[use])),
      ...compared.map((kinds): PolicyRule => ({ ...kinds, verbs: ["list"] })),
    ]),
  };
}

const EVERY: readonly ProviderUse[] = ["locations", "backups", "deletion", "restores", "drills", "lookUps"];

/** Whether there is one, where volumes' files are to be copied. */
const NODE_AGENT: PolicyRule = {
  apiGroups: ["apps"],
  resources: ["daemonsets"],
  resourceNames: ["node-agent", "node-agent-windows"],
  verbs: ["get"],
};

/**
 * A preview looks whether Velero's server runs with its feature EnableCSI, if snapshots are to be taken. An up and a
 * refresh look in which time zone it runs.
 */
const SERVER: PolicyRule = {
  apiGroups: ["apps"],
  resources: ["deployments"],
  resourceNames: ["velero"],
  verbs: ["get"],
};
