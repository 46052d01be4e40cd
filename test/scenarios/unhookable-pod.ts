import type { SandboxCluster } from "../sandbox/sandbox.ts";

/**
 * A pod by which every backup of its namespace ends PartiallyFailed, whatever is done about the others: Velero is to
 * run a command in it first, and it is on no node. Two errors, both of them Velero's own: `pod … does not have a host
 * assigned`. The pod itself is left out of the backup.
 */
export async function createUnhookablePod(
  { kubernetes }: SandboxCluster,
  namespace: string,
  name = "database",
): Promise<{ remove: () => Promise<void> }> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await kubernetes.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      annotations: {
        "pre.hook.backup.velero.io/command": '["/bin/flush"]',
        "pre.hook.backup.velero.io/on-error": "Fail",
      },
    },
    spec: { containers: [{ name: "app", image: "app" }] },
  });
  return { remove: () => kubernetes.delete(`${pods}/${name}?gracePeriodSeconds=0`) };
}
