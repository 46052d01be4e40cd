import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip, deflateRawSync, inflateRawSync } from "node:zlib";
import { Problem, wordsOf } from "../core/errors.ts";
import { omit, pick } from "../core/values.ts";
import type { Parts } from "../core/arrivals.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { tarballKey } from "./backup-files.ts";

/** An object of a backup. */
export interface Captured {
  /** The kind with its group: `deployments.apps`. */
  resource: string;
  /** Absent for a cluster-scoped object. */
  namespace?: string;
  name: string;
  /** The parts that `outlineOf` keeps. */
  object: KubernetesObject & Record<string, unknown>;
  /** Returns the complete object, if `object` is an outline. It unpacks the object, so call it once. */
  whole?: Unpack<Captured["object"]>;
}

/** Returns the complete object of the backup. */
export const wholeOf = ({ object, whole }: Pick<Captured, "object" | "whole">): Captured["object"] =>
  whole ? whole() : object;

/** Returns true if a tarball is certainly missing or damaged. */
export const isTarballProblem = ({ code }: Problem): boolean => ["NoTarball", "BadTarball"].includes(code);

interface ReadOptions {
  /** The kinds to read. Objects of other kinds are skipped. */
  kinds?: readonly string[];
  /** Is called at the end with the number of objects, including the skipped ones. Namespaces do not count. */
  onCounted?: (objects: number) => void;
  /** The property that asks for it, for messages. */
  property?: string | undefined;
}

/** Reads the objects of a backup's tarball in the store. Fails if the tarball is missing or incomplete. */
export async function readContents(
  store: ObjectStore,
  prefix: string,
  backup: string,
  how: ReadOptions = { property: "backup" },
): Promise<Captured[]> {
  const key = tarballKey(prefix, backup);
  const from = `${key} in ${store.address}`;
  const contents = await store.stream(key, (parts) => contentsIn(parts, backup, { ...how, from }));
  if (!contents) {
    throw new Problem({
      code: "NoTarball",
      property: how.property,
      what: `the tarball of Backup ${backup} is not there (${from})`,
      todo: "Its data is gone, and nothing can be restored of it. Take another backup.",
    });
  }
  return contents;
}

/** Reads the objects of a Velero tarball from any source. */
export async function contentsIn(
  parts: Parts,
  backup: string,
  { property, from, ...how }: ReadOptions & { from: string },
): Promise<Captured[]> {
  try {
    return await extract(parts, how);
  } catch (error) {
    throw new Problem({
      code: "BadTarball",
      property,
      what: `the tarball of Backup ${backup} cannot be read (${from})`,
      said: wordsOf(error),
      todo: "It was changed or damaged since Velero stored it. Restore another backup.",
      cause: error,
    });
  }
}

/**
 * Matches `resources/<resource>/namespaces/<ns>/<name>.json` and `resources/<resource>/cluster/<name>.json`. Paths with
 * a version hold the same objects a second time.
 */
const ITEM = /^\.?\/?resources\/([^/]+)\/(?:namespaces\/([^/]+)|cluster)\/([^/]+)\.json$/;
/** Every tarball has this entry, even that of an empty backup. */
const VERSION_FILE = /^\.?\/?metadata\/version$/;

async function extract(parts: Parts, { kinds, onCounted }: ReadOptions): Promise<Captured[]> {
  const { extract: untar } = await import("tar-stream");
  const found: Captured[] = [];
  const entries = untar();
  const pack = packObjects();
  // The pipeline passes its error to the entries.
  const unpacked = pipeline(Readable.from(parts), createGunzip(), entries);
  unpacked.catch(() => undefined);
  let isOfVelero = false;
  let objects = 0;
  for await (const entry of entries) {
    isOfVelero ||= VERSION_FILE.test(entry.header.name);
    const [, resource, namespace, name] = ITEM.exec(entry.header.name) ?? [];
    if (resource !== undefined && resource !== "namespaces") objects += 1;
    if (resource === undefined || name === undefined || kinds?.includes(resource) === false) {
      entry.resume();
      continue;
    }
    const json = await buffer(entry as AsyncIterable<Buffer>);
    const object = outlineOf(resource, JSON.parse(json.toString()) as Captured["object"]);
    const whole = pack.add<Captured["object"]>(json);
    found.push({ resource, ...(namespace === undefined ? {} : { namespace }), name, object, whole });
  }
  await unpacked;
  if (!isOfVelero) throw new Error("it is not as Velero writes them: it says no version");
  onCounted?.(objects);
  return found;
}

type Fields = Record<string, unknown>;

/** kubectl stores the object here once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Planning and judging a restore reads these kinds completely. Their objects are few or small. */
const WHOLE = [
  "namespaces",
  "persistentvolumeclaims",
  "persistentvolumes",
  "serviceaccounts",
  "services",
  "storageclasses.storage.k8s.io",
];

/** The fields that are kept, by kind. Of all other kinds only the metadata is kept. */
const FIELDS: Record<string, readonly string[]> = {
  "jobs.batch": ["status"],
  secrets: ["type"],
};

/**
 * Returns the parts of an object that planning and judging a restore need. Most of an object is needed only to compare
 * it, and is left out.
 */
function outlineOf(resource: string, object: KubernetesObject & Fields): KubernetesObject & Fields {
  const metadata = omit(object.metadata, ["managedFields"]) as KubernetesObject["metadata"];
  if (WHOLE.includes(resource)) return { ...object, metadata };
  const annotations = omit(metadata.annotations ?? {}, [LAST_APPLIED]) as Record<string, string>;
  return {
    ...pick(object, ["apiVersion", "kind"]),
    ...(resource === "pods" ? podOutline(object) : pick(object, FIELDS[resource] ?? [])),
    metadata: { ...metadata, ...(metadata.annotations && { annotations }) },
  };
}

interface Container {
  name?: unknown;
  volumeMounts?: unknown;
  volumeDevices?: unknown;
}

/** Returns the pod's volumes, their mounts, and its phase. */
function podOutline({ spec, status }: Fields): Fields {
  const { containers } = (spec ?? {}) as { containers?: Container[] };
  return {
    spec: {
      ...pick((spec ?? {}) as Fields, ["nodeName", "priorityClassName", "volumes"]),
      ...(containers && {
        containers: containers.map((each) => pick(each, ["name", "volumeMounts", "volumeDevices"])),
      }),
    },
    status: pick((status ?? {}) as Fields, ["phase"]),
  };
}

/** Objects are compressed in blocks, because consecutive objects are similar. */
const BLOCK_BYTES = 256_000;
/** The number of blocks that stay unpacked. The block that was read last is mostly read next. */
const UNPACKED = 8;

/** Returns the object as a new copy each time. */
type Unpack<T> = () => T;

/**
 * Keeps many objects in little memory, outside of the heap, for readers that look at each object once or twice. Reading
 * in the order of adding is fastest.
 */
export function packObjects(): { add<T>(json: string | Uint8Array): Unpack<T> } {
  const packed: Buffer[] = [];
  let open: Uint8Array[] = [];
  let openBytes = 0;
  const unpacked = new Map<number, Buffer>();

  function close(): void {
    // The result is a part of a larger buffer of zlib, which a reference would keep in memory.
    packed.push(Buffer.from(deflateRawSync(Buffer.concat(open), { level: 1 })));
    [open, openBytes] = [[], 0];
  }

  function blockAt(index: number): Buffer {
    const source = packed[index];
    if (!source) return Buffer.concat(open);
    const block = unpacked.get(index) ?? inflateRawSync(source);
    unpacked.delete(index);
    unpacked.set(index, block);
    const [oldest] = unpacked.keys();
    if (unpacked.size > UNPACKED && oldest !== undefined) unpacked.delete(oldest);
    return block;
  }

  return {
    add<T>(json: string | Uint8Array) {
      // The caller may change its buffer later.
      const bytes = typeof json === "string" ? Buffer.from(json) : Buffer.copyBytesFrom(json);
      const [block, from] = [packed.length, openBytes];
      open.push(bytes);
      openBytes += bytes.length;
      const to = openBytes;
      if (openBytes >= BLOCK_BYTES) close();
      return () => JSON.parse(blockAt(block).toString("utf8", from, to)) as T;
    },
  };
}
