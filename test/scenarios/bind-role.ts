import type { rbac } from "../../sdk/index.ts";
import type { KubernetesClient } from "../sandbox/kubernetes-client.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

const API = "rbac.authorization.k8s.io";

interface Given {
  kind: "Role" | "ClusterRole";
  /** Of the role and of its binding. */
  name: string;
  rules: readonly rbac.PolicyRule[];
  account: { name: string; namespace: string };
}

/** Gives a service account a role of its own, for its namespace or for the whole cluster, and waits until it is in force. */
export async function bindRole(kubernetes: KubernetesClient, given: Given): Promise<void> {
  const { kind, name, rules, account } = given;
  const place = kind === "Role" ? `/namespaces/${account.namespace}` : "";
  const collection = `/apis/${API}/v1${place}/${kind.toLowerCase()}`;
  const head = { apiVersion: `${API}/v1`, metadata: { name } };
  await kubernetes.create(`${collection}s`, { ...head, kind, rules });
  await kubernetes.create(`${collection}bindings`, {
    ...head,
    kind: `${kind}Binding`,
    roleRef: { apiGroup: API, kind, name },
    subjects: [{ kind: "ServiceAccount", ...account }],
  });
  await untilInForce(kubernetes, given);
}

/** The API server learns of roles and bindings a moment later. */
export async function untilInForce(
  kubernetes: KubernetesClient,
  { kind, rules, account }: Given,
): Promise<void> {
  const namespace = kind === "Role" ? account.namespace : undefined;
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  const isAllowed = async ({ verbs, apiGroups, resources, resourceNames = [] }: rbac.PolicyRule) => {
    const { status } = await kubernetes.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user,
        groups: ["system:authenticated", "system:serviceaccounts"],
        resourceAttributes: {
          namespace,
          verb: verbs[0],
          group: apiGroups[0],
          resource: resources[0],
          name: resourceNames[0],
        },
      },
    });
    return status?.["allowed"] === true;
  };
  await waitUntil(`a ${kind} is in force`, async () => {
    const answers = await Promise.all(rules.map(isAllowed));
    return answers.every(Boolean) || undefined;
  });
}
