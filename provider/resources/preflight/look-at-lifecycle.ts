import { openWay } from "../../lifecycle/open-way.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { programWay, type StoreDeclaration } from "../../storage/ways.ts";
import { knownFacts } from "../known-facts.ts";
import { lifecycleAdvice } from "../lifecycle-advice.ts";
import { combine, notice, nothingWrong, type Verdict } from "./verdict.ts";

/** What the bucket's own rules will do to what lies below a cluster's prefix. */
export async function lookAtLifecycle(
  { storage, access }: StoreDeclaration,
  storePrefix: string,
): Promise<Verdict> {
  if (hasUnknown([storage, access, storePrefix])) return nothingWrong;
  // The bucket is looked at with the store's own keys: a cluster's may reach its folder only.
  const way = programWay({ storage, access });
  if (!way) return nothingWrong;
  try {
    const facts = await knownFacts(way);
    return combine(lifecycleAdvice(facts, openWay(way).address, storePrefix).map(notice));
  } catch {
    // That the store cannot be asked is told by the look at it.
    return nothingWrong;
  }
}
