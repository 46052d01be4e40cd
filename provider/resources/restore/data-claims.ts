import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { Captured } from "../read-contents.ts";
import { type SavedClaim, savedClaim, type VolumeFiles } from "../volumes/saved-claim.ts";
import { type Claim, claimName, VOLUME_KINDS, volumeObjectsIn } from "../volumes/volume-objects.ts";
import type { Selected } from "./select-items.ts";

/** A claim of which a backup holds data, and that a restore takes up. */
export interface DataClaim extends SavedClaim {
  /** `shop/data`, as the backup has it. */
  claim: string;
  /** `shop-copy/data`, as the target gets it. */
  into: string;
  /** The PersistentVolume that it had. */
  volume: string | undefined;
  /** The pod with which alone its file copy comes back, where the restore takes that up. */
  podItem?: Selected | undefined;
  item: Selected;
}

/** The claims among `items` of which the backup holds data, as far as its files tell. `contents` are the backup's. */
export function dataClaims(
  contents: readonly Captured[],
  items: readonly Selected[],
  files: VolumeFiles,
): DataClaim[] {
  const { pods } = volumeObjectsIn(contents);
  return items
    .filter(({ resource }) => resource === VOLUME_KINDS.claims)
    .flatMap((item): DataClaim[] => {
      const claim = item.object as KubernetesObject as Claim;
      const saved = savedClaim(claim, pods, files);
      if (!saved) return [];
      const podItem = items.find(
        ({ resource, namespace, name }) =>
          resource === VOLUME_KINDS.pods && namespace === item.namespace && name === saved.pod,
      );
      return [
        {
          ...saved,
          claim: claimName(claim),
          into: `${item.intoNamespace ?? item.namespace}/${item.name}`,
          volume: claim.spec?.volumeName,
          podItem,
          item,
        },
      ];
    });
}
