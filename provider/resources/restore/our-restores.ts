import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { restores } from "../../kubernetes/resources.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { describeOwnerOf, ownerIn, ownersOf } from "../../lifecycle/identity.ts";
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
 * Fails where a stack of the same name has done it.
 */
export async function findRestore(client: KubernetesClient, part: Part): Promise<Restore | undefined> {
  const { items } = await client.list<Restore>({
    type: restores,
    namespace: part.target.location.namespace,
    labelSelector: `${restoreWishLabel}=${restoreWishOf(part)}`,
  });
  const standing = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ours = standing.filter((restore) => isOwnedBy(restore, ownersOf(part)));
  const madeAt = ({ metadata }: Restore) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  // Each name has the time of the machine that chose it; the server's own time decides.
  const [found] = ours.toSorted(
    (a, b) => madeAt(b) - madeAt(a) || b.metadata.name.localeCompare(a.metadata.name),
  );
  if (found) return found;
  const namesake = standing.find((restore) => ownerIn(restore)?.owner === part.owner);
  if (namesake) throw restoredByNamesake(client, part, namesake);
  return undefined;
}

/** It may be this very restore, by a state that was lost: then it would restore over what has been changed since. */
function restoredByNamesake(client: KubernetesClient, part: Part, restore: Restore): Problem {
  const { words, remedy } = describeOwnerOf(restore, ownersOf(part));
  const { metadata } = restore;
  return new Problem({
    code: "NotOurs",
    property: "backup",
    what: `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}" has restored this already, and ${words}`,
    todo: `Nothing was restored. ${remedy ?? ""} To restore again in any case, set \`triggers\`.`,
  });
}
