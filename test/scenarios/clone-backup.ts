import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { liveObject } from "./observe.ts";
import { veleroPath } from "./stack.ts";

const HOUR = 3_600_000;

/**
 * Another backup like one that there is, files and object, under another name and with another status, as if its
 * schedule had made it at another time: faster than Velero makes them.
 */
export async function cloneBackup(
  { minio }: Sandbox,
  cluster: SandboxCluster,
  bucket: string,
  original: string,
  { name, status: changed = {} }: { name: string; status?: Record<string, unknown> },
): Promise<void> {
  const client = minio.client();
  const folder = original.replace(/^/, `${cluster.name}/backups/`);
  for (const key of await minio.objectKeys(bucket, `${folder}/`)) {
    const target = key.replaceAll(original, name);
    if (!key.endsWith("/velero-backup.json")) {
      await client.copyObject(bucket, target, `/${bucket}/${key}`);
      continue;
    }
    const content = Buffer.concat(await (await client.getObject(bucket, key)).toArray()).toString("utf8");
    const stored = JSON.parse(content.replaceAll(original, name)) as { status: object };
    const clone = { ...stored, status: { ...stored.status, ...changed } };
    await client.putObject(bucket, target, JSON.stringify(clone));
  }
  const { metadata, spec, status, apiVersion, kind } = await liveObject(cluster, "backups", original);
  const { labels, annotations } = metadata;
  await cluster.kubernetes.create(veleroPath("backups"), {
    apiVersion,
    kind,
    metadata: { name, labels, annotations },
    spec,
    status: { ...status, ...changed },
  } as never);
}

/** A run of an hour before, by a Velero whose server is nine hours ahead of UTC: its name has the largest digits. */
export async function cloneAnHourBefore(
  sandbox: Sandbox,
  cluster: SandboxCluster,
  bucket: string,
  original: string,
): Promise<string> {
  const { status } = await liveObject(cluster, "backups", original);
  const [startTimestamp = "", completionTimestamp] = ["startTimestamp", "completionTimestamp"].map((key) =>
    new Date(Date.parse(String(status?.[key])) - HOUR).toISOString(),
  );
  const localTime = new Date(Date.parse(startTimestamp) + 9 * HOUR).toISOString();
  const name = original.replace(/\d{14}$/, localTime.replace(/\D/g, "").slice(0, 14));
  await cloneBackup(sandbox, cluster, bucket, original, {
    name,
    status: { startTimestamp, completionTimestamp },
  });
  return name;
}
