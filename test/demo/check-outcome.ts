import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { count, passed, say, table } from "./screen.ts";
import { listBucket, readBackup } from "./stored-backup.ts";

export interface Outcome {
  objects: number;
  bytes: number;
}

interface Expected {
  bucket: string;
  backup: string;
  namespace: string;
  seeded: number;
}

/** What is left after destroy: nothing in the cluster, and in the bucket a backup that holds all that was seeded. */
export async function checkOutcome(sandbox: Sandbox, expected: Expected): Promise<Outcome> {
  const { bucket, backup, namespace, seeded } = expected;
  const client = sandbox.minio.client();
  const files = await listBucket(client, bucket);
  say(
    table(
      files.map(({ key, size }) => [key.replaceAll(backup, "<backup>"), `${size} B`]),
      "    ",
    ),
  );
  say(`    <backup> = ${backup}`);

  const stored = await readBackup(client, bucket, { prefix: "east", name: backup, namespace });
  const fromSeed = stored.objects.filter((object) => /\/app-\d+$/.test(object)).length;
  if (stored.phase !== "Completed") throw new Error(`the stored backup says ${stored.phase}, not Completed`);
  if (fromSeed !== seeded)
    throw new Error(`the archive holds ${fromSeed} of the ${seeded} objects that were seeded`);
  passed(`the stored backup is Completed, with ${count(stored.itemsBackedUp, "object")}`);
  passed(`its archive holds all ${seeded} objects that were seeded`);

  const left = (await Promise.all(Object.values(sandbox.clusters).map(veleroObjects))).flat();
  if (left.length > 0) throw new Error(`destroy has left in the clusters: ${left.join(", ")}`);
  passed("no backup, schedule, restore or location is left in the clusters");

  return { objects: stored.itemsBackedUp, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function veleroObjects(cluster: SandboxCluster): Promise<string[]> {
  const kinds = ["backups", "schedules", "restores", "backupstoragelocations"];
  const lists = kinds.map(async (kind) => {
    const objects = await cluster.kubernetes.list(`/apis/velero.io/v1/namespaces/velero/${kind}`);
    return objects.map(({ metadata }) => `${kind}/${metadata.name}`);
  });
  return (await Promise.all(lists)).flat();
}
