import { Problem } from "../errors.ts";
import type { ObjectStore } from "./object-store.ts";

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
