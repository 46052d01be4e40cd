import type { NamedSavedClaim, SavedClaims } from "../volumes/saved-claims.ts";
import { VOLUME_KINDS } from "../volumes/volume-objects.ts";
import type { Selected } from "./select-items.ts";

/** A claim of which a backup holds data, and that a restore takes up. */
export interface DataClaim extends NamedSavedClaim {
  item: Selected;
  intoNamespace: string;
  /** The pod with which alone its file copy comes back, where the restore takes that up. */
  podItem?: Selected | undefined;
}

/** The claims among `items` whose data the backup holds. */
export function dataClaims(items: readonly Selected[], { claims }: SavedClaims): DataClaim[] {
  const of = (kind: string) =>
    new Map(
      items
        .filter(({ resource }) => resource === kind)
        .map((item) => [`${item.namespace}/${item.name}`, item] as const),
    );
  const [restored, pods] = [of(VOLUME_KINDS.claims), of(VOLUME_KINDS.pods)];
  return claims.flatMap((saved): DataClaim[] => {
    const { namespace, claim, pod } = saved;
    const item = restored.get(`${namespace}/${claim}`);
    if (!item) return [];
    return [
      {
        ...saved,
        item,
        intoNamespace: item.intoNamespace ?? namespace,
        podItem: pods.get(`${namespace}/${pod}`),
      },
    ];
  });
}
