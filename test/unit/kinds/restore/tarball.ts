import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { Captured } from "../../../../provider/velero/backup-contents.ts";

/** Files by their paths, as a tarball that is not compressed. */
export function tarOf(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return buffer(tar);
}

/** As Velero stores these objects: each below its kind and again below its version, after the format's own version. */
export async function tarballOf(items: readonly Captured[]): Promise<Buffer> {
  const files = items.flatMap(({ resource, namespace, name, object }) => {
    const place = `${namespace === undefined ? "cluster" : `namespaces/${namespace}`}/${name}.json`;
    return ["", "/v1-preferredversion"].map((version): [string, string] => [
      `resources/${resource}${version}/${place}`,
      JSON.stringify(object),
    ]);
  });
  return gzipSync(await tarOf({ "metadata/version": "1.1.0", ...Object.fromEntries(files) }));
}
