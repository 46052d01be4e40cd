import { shortHash } from "../lifecycle/canonical.ts";
import { openWay } from "../lifecycle/open-way.ts";
import { resolveStorage } from "../lifecycle/references.ts";
import type { StoreFacts } from "../storage/object-store.ts";
import type { Way } from "../storage/ways.ts";

const known = new Map<string, Promise<StoreFacts>>();

/** What the bucket is: asked once in a process, however many clusters use it. A failure is not remembered. */
export function knownFacts(way: Way): Promise<StoreFacts> {
  const key = shortHash(32, resolveStorage(way.storage, way.declaredAs));
  const facts = known.get(key) ?? openWay(way).inspect();
  known.set(key, facts);
  facts.catch(() => known.delete(key));
  return facts;
}
