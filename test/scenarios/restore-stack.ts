import { expect } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { messagesOf, resourceIn, type Stack } from "./stack.ts";

/** Collections whose objects scenarios put into a namespace, and look for where it was restored. */
const kinds = {
  configmaps: "/api/v1",
  secrets: "/api/v1",
  services: "/api/v1",
  persistentvolumeclaims: "/api/v1",
  deployments: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
} as const;

type Kind = keyof typeof kinds;

export const pathOf = (kind: Kind, namespace: string, name = ""): string =>
  `${kinds[kind]}/namespaces/${namespace}/${kind}${name && `/${name}`}`;

export const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(labels && { labels }) },
  data,
});

export const namespaceIn = ({ kubernetes }: SandboxCluster, name: string) =>
  kubernetes.get(`/api/v1/namespaces/${name}`);

export async function namespaceGone(cluster: SandboxCluster, name: string): Promise<void> {
  await cluster.kubernetes.delete(`/api/v1/namespaces/${name}`);
  await waitUntil(`namespace ${name} is gone`, async () =>
    (await namespaceIn(cluster, name)) ? undefined : true,
  );
}

/** What is in a namespace, as `configmaps app-1`; undefined where there is no such namespace. */
export async function contentsOf(cluster: SandboxCluster, namespace: string): Promise<string[] | undefined> {
  if (!(await namespaceIn(cluster, namespace))) return undefined;
  const found = await Promise.all(
    (Object.keys(kinds) as Kind[]).map(async (kind) =>
      (await cluster.kubernetes.list(pathOf(kind, namespace))).map(
        ({ metadata }) => `${kind} ${metadata.name}`,
      ),
    ),
  );
  return found.flat().toSorted();
}

/** What this stack has put into Velero's namespace for its restores. */
async function ownedBy(
  { kubernetes }: SandboxCluster,
  { stack }: Stack,
  collection: string,
): Promise<KubernetesObject[]> {
  const objects = await kubernetes.list(collection);
  return objects.filter(({ metadata }) => {
    const annotations = metadata["annotations"] as Record<string, string> | undefined;
    const owner = annotations?.["pulumi-velero.io/owner-urn"] ?? "";
    return owner.startsWith(`urn:pulumi:${stack}::`) && owner.includes("velero:Restore::");
  });
}

const RESTORES = "/apis/velero.io/v1/namespaces/velero/restores";

export const restorePath = (name: unknown): string => `${RESTORES}/${String(name)}`;

export const restoresOf = (cluster: SandboxCluster, stack: Stack) => ownedBy(cluster, stack, RESTORES);

export const modifiersOf = (cluster: SandboxCluster, stack: Stack) =>
  ownedBy(cluster, stack, "/api/v1/namespaces/velero/configmaps");

export const outputsOf = (run: RunResult, name: string): Record<string, unknown> =>
  resourceIn(run, name).outputs ?? {};

export async function ok(run: Promise<RunResult>): Promise<RunResult> {
  const result = await run;
  expect(result.ok, messagesOf(result)).toBe(true);
  return result;
}

/** Runs what is expected to fail in some resources, and lets all others have their turn. */
export const upAll = (stack: Stack) => stack.up({ continueOnError: true });
