import { type ClusterLocationInputs, type Source, storePrefixOf } from "../schemas/cluster-location.ts";
import { fromOutside, type StoreAccess, worksAnywhere } from "../store/ways.ts";
import type { Session } from "../session.ts";
import { LEGAL_FOLDERS } from "../velero/layout.ts";

/** Returns the access of a reader to a source with its own store. */
export const sourceAccess = (storage: NonNullable<Source["storage"]>, cluster: string): StoreAccess => ({
  storage,
  declaredAs: (path) => path.replace(/^storage\b/, `clusters.${cluster}.storage`),
});

/**
 * Checks, read-only, whether a source's own credentials can read its store, before Velero gets them. Credentials that
 * exist only in the cluster cannot be checked. Returns a warning, if there is one.
 */
export async function warningOfSource(
  session: Session,
  { cluster, prefix, storage }: Source,
  { access }: Pick<ClusterLocationInputs, "access">,
): Promise<string | undefined> {
  if (!storage || access === "none" || !worksAnywhere(storage)) return undefined;
  const store = session.stores.open(fromOutside(sourceAccess(storage, cluster)));
  const place = storePrefixOf(storage, cluster, prefix);
  const { folders } = await store.children(place && `${place}/`);
  if (folders.some((folder) => LEGAL_FOLDERS.includes(folder))) return undefined;
  return (
    `clusters.${cluster}.prefix: nothing of Velero's lies at ${place}/ in ${store.address}. ` +
    "Look whether bucket and prefix are those to which that cluster's Velero writes"
  );
}
