import type { rbac } from "../../sdk/index.ts";
import { KubernetesClient } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

const API = "rbac.authorization.k8s.io";

/** A service account of its own. */
export interface Account {
  kubeconfig: string;
  kubernetes: KubernetesClient;
}

type Roles = readonly (rbac.RoleManifest | rbac.ClusterRoleManifest)[];

/** A service account that is bound to these roles, under names of its own, and has no other rights but everybody's. */
export async function accountWith(cluster: SandboxCluster, roles: Roles): Promise<Account> {
  const { kubernetes, kubeconfig, token, ...access } = cluster;
  const name = uniqueName("account");
  const accounts = "/api/v1/namespaces/velero/serviceaccounts";
  await kubernetes.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  for (const { kind, rules } of roles) {
    const place = kind === "Role" ? "/namespaces/velero" : "";
    const collection = `/apis/${API}/v1${place}/${kind.toLowerCase()}`;
    const head = { apiVersion: `${API}/v1`, metadata: { name } };
    await kubernetes.create(`${collection}s`, { ...head, kind, rules });
    await kubernetes.create(`${collection}bindings`, {
      ...head,
      kind: `${kind}Binding`,
      roleRef: { apiGroup: API, kind, name },
      subjects: [{ kind: "ServiceAccount", name, namespace: "velero" }],
    });
  }
  const { status } = await kubernetes.create(`${accounts}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name },
    spec: { expirationSeconds: 3_600 },
  });
  const own = String(status?.["token"]);
  const its = new KubernetesClient({ ...access, token: own });
  await Promise.all(roles.map((role) => untilBound(its, role)));
  return { kubeconfig: kubeconfig.replace(token, own), kubernetes: its };
}

/** The API server learns of a binding a moment later. */
async function untilBound(its: KubernetesClient, { kind, rules }: Roles[number]): Promise<void> {
  const [{ verbs: [verb], resources: [resource], apiGroups: [group], resourceNames: [name] = [] } = NONE] =
    rules;
  if (verb === undefined) return;
  const namespace = kind === "Role" ? "velero" : undefined;
  await waitUntil(`a ${kind} is in force`, async () => {
    const { status } = await its.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      metadata: {},
      spec: { resourceAttributes: { namespace, verb, resource, group, name } },
    });
    return status?.["allowed"] === true || undefined;
  });
}

const NONE: rbac.PolicyRule = { apiGroups: [], resources: [], verbs: [] };
