import type { StoreFacts } from "../../model/store-facts.ts";
import { Problem } from "../core/errors.ts";
import type { Take } from "../core/arrivals.ts";

/**
 * The part of an object store that this project needs. Each store implements it in one file on its vendor's own
 * package, which is loaded on first use. `test/contract/object-store.ts` is its executable form.
 *
 * Keys are full keys inside the bucket, without a leading slash. Every failure is a `StoreError`.
 */
export interface ObjectStore {
  /** The store's address for messages: `minio bucket "backups" at http://minio:9000`. It never contains a secret. */
  readonly address: string;

  /** Returns facts about the bucket. Fails with `NoSuchBucket` if there is no bucket. */
  inspect(): Promise<StoreFacts>;

  /** Returns the object's content, or undefined if the object certainly does not exist. */
  get(key: string): Promise<Buffer | undefined>;

  /**
   * Reads the object part by part, for objects that may not fit into memory. If the connection breaks, `take` is called
   * again and gets the object from its beginning. Errors of `take` itself are thrown unchanged.
   */
  stream<T>(key: string, take: Take<T>): Promise<T | undefined>;

  /** Writes the object. With `ifAbsent`, it is written only if it does not exist. Returns true if it was written. */
  put(key: string, content: string | Buffer, options?: { ifAbsent?: boolean }): Promise<boolean>;

  /** Lists objects below `prefix` (a string prefix: end it with a slash), page by page, in the order of keys. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Returns the names of the "folders" directly below `prefix`, without slashes, and of the objects directly in it. */
  children(prefix: string): Promise<{ folders: string[]; objects: string[] }>;

  /** Deletes the objects. Missing objects count as deleted. */
  remove(keys: readonly string[]): Promise<void>;
}

export interface StoredObject {
  key: string;
  size: number;
  /** Changes whenever the content changes. It has no quotes. */
  etag: string;
  modified: Date;
}

const batchSize = 1000;

/**
 * Deletes every object below `prefix`, except for the key `except`, and returns their number. It refuses a prefix that
 * could match more than one folder: `""` is the whole bucket, and `east` without its slash also matches `east-2/`.
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
