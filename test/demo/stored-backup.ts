import { gunzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import type { Client } from "minio";

export interface StoredObject {
  key: string;
  size: number;
}

export interface StoredBackup {
  /** Velero's own word on it, from its metadata file. */
  phase: string;
  itemsBackedUp: number;
  /** Of the namespace, by what the archive holds: `configmaps/app-1`. */
  objects: string[];
}

export async function listBucket(client: Client, bucket: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const { name, size } of client.listObjectsV2(bucket, "", true) as AsyncIterable<{
    name?: string;
    size: number;
  }>) {
    if (name !== undefined) objects.push({ key: name, size });
  }
  return objects.toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

/** Reads a backup back as a restore would: its metadata, and its archive object by object. */
export async function readBackup(
  client: Client,
  bucket: string,
  { prefix, name, namespace }: { prefix: string; name: string; namespace: string },
): Promise<StoredBackup> {
  const read = async (file: string) =>
    buffer(await client.getObject(bucket, `${prefix}/backups/${name}/${file}`));
  const { status } = JSON.parse((await read("velero-backup.json")).toString()) as {
    status: { phase: string; progress?: { itemsBackedUp?: number } };
  };
  const archive = gunzipSync(await read(`${name}.tar.gz`));
  return {
    phase: status.phase,
    itemsBackedUp: status.progress?.itemsBackedUp ?? 0,
    objects: objectsIn(filesIn(archive), namespace),
  };
}

/** `resources/deployments.apps/namespaces/shop/app-1.json`; the same once more per API version is left out. */
function objectsIn(files: string[], namespace: string): string[] {
  return files.flatMap((file) => {
    const [, resource, place, name] =
      /^resources\/([^/]+)\/namespaces\/([^/]+)\/([^/]+)\.json$/.exec(file) ?? [];
    return place === namespace ? [`${resource}/${name}`] : [];
  });
}

const BLOCK = 512;

/** The names of the files in a tar archive: headers of 512 bytes, each followed by its file in whole blocks. */
function filesIn(archive: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + BLOCK <= archive.length;) {
    const field = (from: number, length: number) =>
      archive.toString("utf8", at + from, at + from + length).replace(/\0.*$/s, "");
    const name = field(0, 100);
    if (name === "") break;
    const prefix = field(345, 155);
    names.push(prefix === "" ? name : `${prefix}/${name}`);
    at += BLOCK * (1 + Math.ceil(Number.parseInt(field(124, 12), 8) / BLOCK));
  }
  return names;
}
