import { gzipSync } from "node:zlib";
import type { Captured } from "../../../../provider/velero/backup-contents.ts";
import { tarballOf } from "../restore/tarball.ts";

/** Puts a backup of east with these objects into a store, and what Velero says of its volumes. */
export async function storeBackup(
  { objects }: { objects: Map<string, Buffer> },
  name: string,
  items: readonly Captured[] = [],
  lines: readonly object[] = [],
): Promise<void> {
  const folder = `east/backups/${name}`;
  objects.set(`${folder}/${name}.tar.gz`, await tarballOf(items));
  objects.set(`${folder}/${name}-volumeinfo.json.gz`, gzipSync(JSON.stringify(lines)));
}
