import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { retentionAdvice } from "../retention-advice.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { type LocationUse, requireLocation } from "./require-location.ts";

const toDelete = { undone: "Nothing was deleted", readOnly: "no stored backup can be deleted there" };

/**
 * What would keep Velero, or the bucket, from deleting is told before anything is sent: of a request that it refuses
 * Velero leaves the backup `Deleting`.
 */
export async function requireDeletable(
  client: KubernetesClient,
  use: LocationUse & Pick<ClusterBackupOutputs, "storage" | "owner">,
  { store, deadline }: { store: ObjectStore | undefined; deadline: Deadline },
): Promise<void> {
  const { storage, owner } = use;
  await requireLocation(client, use, deadline, toDelete);
  if (!store || !storage) return;
  // Who may not ask for the bucket's rules may still delete.
  const facts = await store.inspect().catch(() => undefined);
  if (!facts) return;
  try {
    for (const notice of retentionAdvice(facts, storage, store.address)) tell(nameOf(owner), notice);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem({
      code: "Locked",
      property: "deletionPolicy",
      what: "nothing was deleted, since the bucket would not let it go",
      said: error.message,
      cause: error,
    });
  }
}
