import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip, deflateRawSync, inflateRawSync } from "node:zlib";
import { Problem, wordsOf } from "../core/errors.ts";
import { omit, pick } from "../core/values.ts";
import type { Parts } from "../core/while-it-moves.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { tarballKey } from "./layout.ts";

/** An object as a backup holds it. */
export interface Captured {
  /** `deployments.apps` */
  resource: string;
  /** Absent where it is cluster-scoped. */
  namespace?: string;
  name: string;
  /** The parts that `outlineOf` leaves. */
  object: KubernetesObject & Record<string, unknown>;
  /** Gives all of it, where `object` is not all. It costs something: nobody asks for it twice. */
  whole?: Unpack<Captured["object"]>;
}

/** The object as the backup has it. */
export const wholeOf = ({ object, whole }: Pick<Captured, "object" | "whole">): Captured["object"] =>
  whole ? whole() : object;

/** Tells whether a tarball is certainly gone, or damaged. */
export const isTarballProblem = ({ code }: Problem): boolean => ["NoTarball", "BadTarball"].includes(code);

interface How {
  /** Kinds to which it is confined: what is of another kind is passed over unread. */
  kinds?: readonly string[];
  /** Called at the end with the number of its objects, also of those that are passed over; namespaces do not count. */
  onCounted?: (objects: number) => void;
  /** The property that has asked for it, for messages. */
  property?: string | undefined;
}

/** Reads the objects of a backup's tarball in the store. Fails if it is gone, or cannot be read to its end. */
export async function readContents(
  store: ObjectStore,
  prefix: string,
  backup: string,
  how: How = { property: "backup" },
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

/** Reads the objects of a tarball of Velero's, wherever it comes from. */
export async function contentsIn(
  parts: Parts,
  backup: string,
  { property, from, ...how }: How & { from: string },
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

/** `resources/<resource>/namespaces/<ns>/<name>.json` and `resources/<resource>/cluster/<name>.json`; what lies below a version is there twice. */
const ITEM = /^\.?\/?resources\/([^/]+)\/(?:namespaces\/([^/]+)|cluster)\/([^/]+)\.json$/;
/** What every one has, also of a backup that holds nothing. */
const VERSION = /^\.?\/?metadata\/version$/;

async function extract(parts: Parts, { kinds, onCounted }: How): Promise<Captured[]> {
  const { extract: untar } = await import("tar-stream");
  const found: Captured[] = [];
  const entries = untar();
  const pack = packObjects();
  // It ends the entries with whatever error it ends with itself.
  const unpacked = pipeline(Readable.from(parts), createGunzip(), entries);
  unpacked.catch(() => undefined);
  let isOfVelero = false;
  let objects = 0;
  for await (const entry of entries) {
    isOfVelero ||= VERSION.test(entry.header.name);
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

/** As kubectl applied it last: the object once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** These kinds are looked into wherever a restore is planned or judged: there are few of them, or they are small. */
const WHOLE = [
  "namespaces",
  "persistentvolumeclaims",
  "persistentvolumes",
  "serviceaccounts",
  "services",
  "storageclasses.storage.k8s.io",
];

/** The fields that are looked at, by kind; of all other kinds it is the metadata alone. */
const FIELDS: Record<string, readonly string[]> = {
  "jobs.batch": ["status"],
  secrets: ["type"],
};

/**
 * The parts of an object by which a restore is planned and judged, without what only a comparison of whole objects
 * needs: that is most of it. It says what it says of the object, and leaves the rest out.
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

/** Its volumes, who mounts them, and how far it has come. */
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

/** Objects are compressed together, since the next one is much like the last. */
const BLOCK_BYTES = 256_000;
/** Blocks that are kept unpacked: what was read last is mostly what is read next. */
const UNPACKED = 8;

/** Gives an object back, as a new one each time. */
type Unpack<T> = () => T;

/**
 * Keeps many objects in little memory, outside of the heap, for those that look at each only once or twice. They are
 * read fastest in the order in which they came.
 */
export function packObjects(): { add<T>(json: string | Uint8Array): Unpack<T> } {
  const packed: Buffer[] = [];
  let open: Uint8Array[] = [];
  let openBytes = 0;
  const unpacked = new Map<number, Buffer>();

  function close(): void {
    // The result lies in a larger buffer of zlib's own, which would be kept with it.
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
      // Its owner may change it.
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
