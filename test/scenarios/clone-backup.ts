import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { liveObject } from "./observe.ts";
import { veleroPath } from "./stack.ts";

/**
 * Another backup like one that there is, files and object, as if its schedule had made it at another time: faster than
 * Velero makes them.
 */
export async function cloneBackup(
  { minio }: Sandbox,
  cluster: SandboxCluster,
  bucket: string,
  original: string,
  number: number,
): Promise<string> {
  const name = `${original}-${number}`;
  const client = minio.client();
  const folder = original.replace(/^/, `${cluster.name}/backups/`);
  for (const key of await minio.objectKeys(bucket, `${folder}/`)) {
    const target = key.replaceAll(original, name);
    if (!key.endsWith("/velero-backup.json")) {
      await client.copyObject(bucket, target, `/${bucket}/${key}`);
      continue;
    }
    const content = Buffer.concat(await (await client.getObject(bucket, key)).toArray()).toString("utf8");
    await client.putObject(bucket, target, content.replaceAll(original, name));
  }
  const { metadata, spec, status, apiVersion, kind } = await liveObject(cluster, "backups", original);
  const { labels, annotations } = metadata;
  await cluster.kubernetes.create(veleroPath("backups"), {
    apiVersion,
    kind,
    metadata: { name, labels, annotations },
    spec,
    status,
  } as never);
  return name;
}
