import { Problem } from "../core/errors.ts";
import type { Take } from "../core/while-it-moves.ts";

/**
 * What this project needs of an object store, and all that it knows of one. Every store implements it in one file
 * on its vendor's own package, loaded on first use; `test/contract/object-store.ts` is its executable form.
 *
 * Keys are full keys inside the bucket, without a leading slash. Every failure is a `StoreError`.
 */
export interface ObjectStore {
  /** Where this is, for messages: `minio bucket "backups" at http://minio:9000`. Never holds a secret. */
  readonly address: string;

  /** What kind of bucket it is. Fails with `NoSuchBucket` where there is none. */
  inspect(): Promise<StoreFacts>;

  /** The object's content, or undefined where there is none (and that is certain). */
  get(key: string): Promise<Buffer | undefined>;

  /**
   * The same part by part, for what may be too large to be held. Where the connection breaks `take` is called again, and
   * gets all from the beginning. What it throws itself is passed on as it is.
   */
  stream<T>(key: string, take: Take<T>): Promise<T | undefined>;

  /** Writes the object. With `ifAbsent` it is written only where there is none yet; tells whether it was. */
  put(key: string, content: string | Buffer, options?: { ifAbsent?: boolean }): Promise<boolean>;

  /** Objects below `prefix` (a string prefix: end it with a slash), page by page in the order of keys. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Names of the "folders" directly below `prefix`, without slashes, and of the objects directly in it. */
  children(prefix: string): Promise<{ folders: string[]; objects: string[] }>;

  /** Removes the objects; those that are not there count as removed. */
  remove(keys: readonly string[]): Promise<void>;
}

export interface StoredObject {
  key: string;
  size: number;
  /** Changes whenever the content does; without quotes. */
  etag: string;
  modified: Date;
}

/** What `inspect` found. A fact that the credentials may not read is "unknown". */
export interface StoreFacts {
  region: string;
  versioning: "enabled" | "suspended" | "off" | "unknown";
  objectLock: "on" | "off" | "unknown";
  /** The bucket's default encryption (`AES256`, `aws:kms`, `none`), or "unknown". */
  encryption: string;
  /** What every new object gets without being asked for. This and `lifecycle` are not in states of 0.1. */
  retention?: Retention | "none" | "unknown";
  /** Rules by which the store itself takes away what is there, or puts it out of reach. */
  lifecycle?: LifecycleRule[] | "unknown";
}

/** How long the bucket keeps every object from being deleted. */
export interface Retention {
  /** The vendor's word: `GOVERNANCE`, `COMPLIANCE`, `retention policy`, `legal hold`. */
  mode: string;
  /** Without: for as long as it is set, or the store does not tell. */
  days?: number;
  /** Not even a newer version can take an object's place. */
  forbidsOverwriting: boolean;
}

/** A rule about objects as they are now. Those about earlier versions do no harm, and are left out. */
export interface LifecycleRule {
  name?: string;
  /** A string prefix: `east` also means `east-2/`. Empty: everything. */
  prefix: string;
  /** `archives`: to where it must be thawed before it can be read. */
  does: "deletes" | "archives";
  days?: number;
  /** Or on this day. */
  on?: string;
}

const batchSize = 1000;

/**
 * Removes every object below `prefix`, but for the one that `except` names, and gives their number. Refuses what could mean more than one folder: `""` is
 * the whole bucket, and `east` without its slash is `east-2/` too.
 */
export async function removePrefix(
  store: ObjectStore,
  prefix: string,
  { except }: { except?: string } = {},
): Promise<number> {
  if (!/^[^/].*\/$/s.test(prefix)) {
    throw new Problem({
      code: "UnsafePrefix",
      what: `refusing to delete everything below ${JSON.stringify(prefix)} in ${store.address}`,
      said: "a folder's name ends with a slash and begins without one",
    });
  }
  let removed = 0;
  let batch: string[] = [];
  const flush = async () => {
    await store.remove(batch);
    removed += batch.length;
    batch = [];
  };
  for await (const { key } of store.list(prefix)) {
    if (key === except) continue;
    batch.push(key);
    if (batch.length === batchSize) await flush();
  }
  if (batch.length > 0) await flush();
  return removed;
}
