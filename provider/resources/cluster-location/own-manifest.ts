import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";
import { type LocationParts, locationManifest } from "../../velero/manifests.ts";
import { USUAL_FREQUENCY } from "../../velero/validation-frequency.ts";
import type { KeptParts } from "./foresee-adoption.ts";
import type { ClusterLocationInputs } from "./inputs.ts";

interface Circumstances {
  parts: Pick<LocationParts, "plugin" | "credential">;
  accessMode: AccessMode;
  /** It was there before this project was. */
  isAdopted: boolean;
  kept?: KeptParts | undefined;
}

/** What the program makes of the cluster's own location, whoever looks: the preview of an adoption, or the `up`. */
export const ownManifest = (
  aim: ClusterLocationInputs,
  metadata: Parameters<typeof locationManifest>[0],
  { parts, accessMode, isAdopted, kept }: Circumstances,
): BackupStorageLocation =>
  locationManifest(metadata, {
    ...parts,
    prefix: aim.storePrefix,
    accessMode,
    kept,
    // One that was adopted stays what it was: it may be the one that Velero's server makes its default by itself.
    isDefault: aim.default ?? (isAdopted ? undefined : false),
    validationFrequency: aim.validationFrequency ?? (isAdopted ? undefined : USUAL_FREQUENCY),
  });
