import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Problem, wordsOf } from "../errors.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { Parts } from "../lifecycle/take-parts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { tarballKey } from "../velero/layout.ts";
import { outlineOf } from "./outline-of.ts";
import { packObjects, type Unpack } from "./pack-objects.ts";

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
