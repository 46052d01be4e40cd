import { shortHash } from "../lifecycle/canonical.ts";
import { resolveStorage } from "../lifecycle/references.ts";
import type { StoreFacts } from "../storage/object-store.ts";
import { openStore } from "../storage/open-store.ts";
import type { StorageConfig } from "../storage/storage-config.ts";

const known = new Map<string, Promise<StoreFacts>>();

/** What the bucket is: asked once in a process, however many clusters use it. A failure is not remembered. */
export function knownFacts(declared: StorageConfig): Promise<StoreFacts> {
  const storage = resolveStorage(declared);
  const key = shortHash(32, storage);
  const facts = known.get(key) ?? openStore(storage).inspect();
  known.set(key, facts);
  facts.catch(() => known.delete(key));
  return facts;
}
