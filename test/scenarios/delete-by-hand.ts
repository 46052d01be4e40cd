import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { veleroObject } from "./observe.ts";
import { veleroPath } from "./stack.ts";

const TRIES = 3;
/** Velero deletes one after another, and waits up to a minute for the Restores of each. */
const PATIENCE_MS = 150_000;

/** `velero backup delete`, again as a person would where Velero refuses, which it does while it writes its keys. */
export async function deleteByHand(cluster: SandboxCluster, backup: unknown): Promise<void> {
  let outcome: unknown;
  for (let attempt = 0; attempt < TRIES && outcome !== "gone"; attempt++)
    outcome = await requestDeletion(cluster, backup);
  if (outcome !== "gone") throw new Error(`Velero does not delete ${String(backup)}: ${String(outcome)}`);
}

/** `velero backup delete`: resolves when the backup is gone, or Velero has refused, with its errors. */
export async function requestDeletion(cluster: SandboxCluster, backup: unknown): Promise<unknown> {
  const name = String(backup);
  const { metadata } = await cluster.kubernetes.create(veleroPath("deletebackuprequests"), {
    apiVersion: "velero.io/v1",
    kind: "DeleteBackupRequest",
    metadata: { generateName: `${name}-` },
    spec: { backupName: name },
  });
  return waitUntil(
    `Backup ${name} is deleted`,
    async () => {
      if (!(await veleroObject(cluster, "backups", name))) return "gone";
      return (await veleroObject(cluster, "deletebackuprequests", metadata.name))?.status?.["errors"];
    },
    { timeoutMs: PATIENCE_MS },
  );
}
