import { resolveStorage } from "../../lifecycle/references.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { openStore } from "../../storage/open-store.ts";
import type { StorageConfig } from "../../storage/storage-config.ts";
import { knownFacts } from "../known-facts.ts";
import { lifecycleAdvice } from "../lifecycle-advice.ts";
import { combine, notice, nothingWrong, type Verdict } from "./verdict.ts";

/** What the bucket's own rules will do to what lies below a cluster's prefix. */
export async function lookAtLifecycle(storage: StorageConfig, storePrefix: string): Promise<Verdict> {
  if (hasUnknown([storage, storePrefix])) return nothingWrong;
  try {
    const { address } = openStore(resolveStorage(storage));
    return combine(lifecycleAdvice(await knownFacts(storage), address, storePrefix).map(notice));
  } catch {
    // That the store cannot be asked is told by the look at it.
    return nothingWrong;
  }
}
