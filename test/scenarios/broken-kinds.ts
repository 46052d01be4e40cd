import { connect } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { discover } from "../../provider/kubernetes/discovery.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { configMap, pathOf } from "./restore-stack.ts";
import { testSession } from "../unit/session.ts";

export const plural = (kind: string): string => `${kind.toLowerCase()}s`;
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

/** A kind that is stored in the last of its versions. */
export async function createKind(
  { kubernetes }: SandboxCluster,
  group: string,
  kind: string,
  versions: readonly string[],
): Promise<void> {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await kubernetes.create(DEFINITIONS, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural(kind)}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural: plural(kind) },
      versions: versions.map((name) => ({ name, storage: name === versions.at(-1), served: true, schema })),
    },
  });
  await waitUntil(`${kind} is served`, async () => {
    const found = await kubernetes.list(`/apis/${group}/${versions[0]}/${plural(kind)}`);
    return found.length === 0 || undefined;
  });
}

export async function kindGone({ kubernetes }: SandboxCluster, group: string, kind: string): Promise<void> {
  const path = `${DEFINITIONS}/${plural(kind)}.${group}`;
  await kubernetes.delete(path);
  await waitUntil(`${kind} is gone`, async () => ((await kubernetes.get(path)) ? undefined : true));
}

/** From now on no gizmo of that group can be listed: nobody converts it. */
export async function breakConversion(
  { kubernetes, kubeconfig }: SandboxCluster,
  group: string,
): Promise<void> {
  const clientConfig = { url: "https://127.0.0.1:9/convert" };
  await kubernetes.patch(`${DEFINITIONS}/gizmos.${group}`, {
    spec: {
      conversion: { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } },
    },
  });
  const client = await connect(testSession(), { kubeconfig }, clusterLabel("east"));
  const type = { apiVersion: `${group}/v1`, kind: "Gizmo", plural: "gizmos" };
  await waitUntil("no gizmo can be listed", () =>
    client.list({ type }).then(
      () => undefined,
      () => true,
    ),
  );
  client.close();
}

/** From now on the server of lamps of that group does not answer. */
export async function takeServerDown(
  cluster: SandboxCluster,
  group: string,
  namespace: string,
): Promise<void> {
  const { kubernetes, kubeconfig } = cluster;
  await kindGone(cluster, group, "Lamp");
  await waitUntil("lamps are gone", async () =>
    (await kubernetes.get(`${SERVICES}/v1.${group}`)) ? undefined : true,
  );
  await kubernetes.create(SERVICES, {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `v1.${group}` },
    spec: {
      group,
      version: "v1",
      groupPriorityMinimum: 1_000,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { namespace, name: "nobody" },
    },
  });
  const client = await connect(testSession(), { kubeconfig }, clusterLabel("east"));
  await waitUntil(
    "lamps do not answer",
    async () => (await discover(client)).silent.includes(`${group}/v1`) || undefined,
  );
  client.close();
}

/** A namespace that is being deleted, and cannot go: something in it has a finalizer of nobody's. */
export async function stuckNamespace({ kubernetes }: SandboxCluster, name: string) {
  await seedNamespace({ kubernetes }, name, { objects: 0 });
  const held = configMap("held", {});
  await kubernetes.create(pathOf("configmaps", name), {
    ...held,
    metadata: { ...held.metadata, finalizers: ["example.com/nobody"] },
  });
  await kubernetes.delete(`/api/v1/namespaces/${name}`);
}
