import type { rbac } from "../../sdk/index.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { bindRole } from "./bind-role.ts";
import { type ServiceAccount, serviceAccount } from "./service-account.ts";

type Roles = readonly (rbac.RoleManifest | rbac.ClusterRoleManifest)[];

/** A service account that is bound to these roles, under names of its own, and has no other rights but everybody's. */
export async function accountWith(cluster: SandboxCluster, roles: Roles): Promise<ServiceAccount> {
  const own = await serviceAccount(cluster, "account");
  const { name, namespace } = own;
  await Promise.all(
    roles.map(({ kind, rules }) =>
      bindRole(cluster.kubernetes, { kind, name, rules, account: { name, namespace } }),
    ),
  );
  return own;
}
