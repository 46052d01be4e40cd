import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { text } from "node:stream/consumers";
import { Problem, wordsOf } from "../../errors.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { tarballKey } from "../../velero/layout.ts";

/** An object as a backup holds it. */
export interface Captured {
  /** `deployments.apps` */
  resource: string;
  /** Absent where it is cluster-scoped. */
  namespace?: string;
  name: string;
  object: KubernetesObject & Record<string, unknown>;
}

/** Everything in a backup's tarball. Fails where it is gone, or cannot be read to its end. */
export async function readContents(store: ObjectStore, prefix: string, backup: string): Promise<Captured[]> {
  const key = tarballKey(prefix, backup);
  const file = await store.get(key);
  if (!file) {
    throw new Problem({
      code: "NoTarball",
      property: "backup",
      what: `the tarball of Backup ${backup} is not there (${key} in ${store.address})`,
      todo: "Its data is gone, and nothing can be restored of it. Take another backup.",
    });
  }
  try {
    return await extract(file);
  } catch (error) {
    throw new Problem({
      code: "BadTarball",
      property: "backup",
      what: `the tarball of Backup ${backup} cannot be read (${key} in ${store.address})`,
      said: wordsOf(error),
      todo: "It was changed or damaged since Velero stored it. Restore another backup.",
      cause: error,
    });
  }
}

/** `resources/<resource>/namespaces/<ns>/<name>.json` and `resources/<resource>/cluster/<name>.json`; what lies below a version is there twice. */
const ITEM = /^\.?\/?resources\/([^/]+)\/(?:namespaces\/([^/]+)|cluster)\/([^/]+)\.json$/;
/** What every one has, also of a backup that holds nothing. */
const VERSION = /^\.?\/?metadata\/version$/;

async function extract(file: Buffer): Promise<Captured[]> {
  const { extract: untar } = await import("tar-stream");
  const found: Captured[] = [];
  const unpacked = Readable.from([file]).pipe(createGunzip());
  const entries = untar();
  unpacked.on("error", (error) => entries.destroy(error));
  unpacked.pipe(entries);
  let isOfVelero = false;
  for await (const entry of entries) {
    isOfVelero ||= VERSION.test(entry.header.name);
    const [, resource, namespace, name] = ITEM.exec(entry.header.name) ?? [];
    if (resource === undefined || name === undefined) {
      entry.resume();
      continue;
    }
    const object = JSON.parse(await text(entry as AsyncIterable<Buffer>)) as Captured["object"];
    found.push({ resource, ...(namespace === undefined ? {} : { namespace }), name, object });
  }
  if (!isOfVelero) throw new Error("it is not as Velero writes them: it says no version");
  return found;
}
