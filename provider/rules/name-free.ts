import { type Owned, ownersOf } from "../core/identity.ts";
import { isOwnedBy, ownedByAnother } from "../kubernetes/ensure.ts";
import type { ResourceType } from "../kubernetes/resources.ts";
import { refusal } from "./finding.ts";
import type { ClusterRule } from "./preflight.ts";

/**
 * No other owner has the object that an `up` would create. A lineage that is not known yet belongs to no existing
 * object.
 */
export const nameFree = (
  { type, name, namespace }: { type: ResourceType; name: string; namespace: string },
  ours: Owned,
): ClusterRule => ({
  inputs: [namespace, name, ours.owner],
  async find({ client }) {
    const live = await client.get({ type, name, namespace });
    return !live || isOwnedBy(live, ownersOf(ours))
      ? []
      : [refusal(ownedByAnother(client, type, live, ownersOf(ours)))];
  },
});
