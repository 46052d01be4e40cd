import type { KubernetesClient } from "../../kubernetes/client.ts";
import { restores } from "../../kubernetes/resources.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import { ownerHash, ownerLabel, ownersOf } from "../../lifecycle/identity.ts";
import type { Restore } from "../../velero/types.ts";
import { restoredBy } from "./options.ts";
import type { Part } from "./part.ts";

/** Which source, triggers and options that decide what is restored a Restore stands for. */
export const restoreWishLabel = "pulumi-velero.io/wish";

/** Tells one wish for a restore from another, whatever backup it came to. */
export function restoreWishOf({ whole, source, target }: Part): string {
  const { formerOwners: _former, aliases: _aliases, ...wanted } = whole.source;
  return shortHash(16, wanted, source, target.cluster, restoredBy(whole), whole.triggers ?? []);
}

/**
 * What an earlier run of this resource has begun or done for the same wish, at any age: a restore is never begun a
 * second time, also where the run that began it was killed before it could say so. One that is being deleted is none.
 */
export async function findRestore(client: KubernetesClient, part: Part): Promise<Restore | undefined> {
  const owners = ownersOf(part).map(ownerHash).join(",");
  const { items } = await client.list<Restore>({
    type: restores,
    namespace: part.target.location.namespace,
    labelSelector: `${ownerLabel} in (${owners}),${restoreWishLabel}=${restoreWishOf(part)}`,
  });
  const standing = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const madeAt = ({ metadata }: Restore) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  // Each name has the time of the machine that chose it; the server's own time decides.
  return standing.toSorted(
    (a, b) => madeAt(b) - madeAt(a) || b.metadata.name.localeCompare(a.metadata.name),
  )[0];
}
