import type { Captured } from "../read-contents.ts";
import type { Selected } from "./select-items.ts";

interface VolumeSpec {
  persistentVolumeReclaimPolicy?: string;
}

/**
 * Volumes of claims that are restored, which outlive their claims and of which the backup holds no data (`saved` names
 * those of which it does): Velero restores these as they are, on the source's own disks
 * (docs/design/velero-facts.md#retained-volumes).
 */
export function sharedDisks(
  items: readonly Selected[],
  contents: readonly Captured[],
  saved: readonly string[],
): string[] {
  const claimed = items
    .filter(({ resource }) => resource === "persistentvolumeclaims")
    .map(({ object }) => (object["spec"] as { volumeName?: string } | undefined)?.volumeName);
  return contents
    .filter(
      ({ resource, name }) =>
        resource === "persistentvolumes" && claimed.includes(name) && !saved.includes(name),
    )
    .filter(
      ({ object }) => (object["spec"] as VolumeSpec | undefined)?.persistentVolumeReclaimPolicy === "Retain",
    )
    .map(({ name }) => name);
}
