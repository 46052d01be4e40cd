import { shortHash } from "../../lifecycle/canonical.ts";
import { fingerprint } from "../../lifecycle/fingerprint.ts";
import { parseDuration } from "../../lifecycle/go-duration.ts";
import { trimSlashes } from "../../storage/coordinates.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { frequencyOf } from "../../velero/validation-frequency.ts";

/**
 * What was written into a location, and into its Secret where that is ours. State holds no secret, and a refresh has to
 * see an edit all the same: these are hashes, those of the location's parts salted with the incarnation.
 */
export interface Sent {
  location: Partial<Record<LocationPart, string>>;
  secret?: string | undefined;
}

export type LocationPart =
  | "place"
  | "accessMode"
  | "config"
  | "caCert"
  | "credential"
  | "backupSyncPeriod"
  | "validationFrequency";

export function sentOf(
  { spec }: BackupStorageLocation,
  credentialFile: string | undefined,
  salt: string,
): Sent {
  const ours = Object.entries(partsOf(spec)).filter(([, value]) => value !== undefined);
  return {
    location: Object.fromEntries(ours.map(([part, value]) => [part, shortHash(8, salt, part, value)])),
    ...(credentialFile !== undefined && { secret: secretFingerprint(credentialFile) }),
  };
}

/** Which of the parts that were sent someone else has changed since. */
export const editedParts = (
  { spec }: BackupStorageLocation,
  { location }: Sent,
  salt: string,
): LocationPart[] =>
  (Object.entries(partsOf(spec)) as [LocationPart, unknown][])
    .filter(([part, value]) => {
      const sent = location[part];
      return sent !== undefined && sent !== shortHash(8, salt, part, value);
    })
    .map(([part]) => part);

/** The hash of a whole credential file. It equals `sent` if the content is the same. */
export const secretFingerprint = (content: string, sent?: string): string =>
  fingerprint("credential file", content, sent);

/** As Velero reads them: what means the same is the same. What it writes itself is not among them. */
function partsOf(spec: BackupStorageLocation["spec"]): Record<LocationPart, unknown> {
  const { bucket, prefix = "", ...certificate } = spec.objectStorage;
  return {
    place: [spec.provider.replace(/^velero\.io\//, ""), trimSlashes(bucket), trimSlashes(prefix)],
    accessMode: spec.accessMode ?? "ReadWrite",
    config: spec.config ?? {},
    caCert: certificate,
    credential: spec.credential ?? {},
    backupSyncPeriod: spec.backupSyncPeriod && parseDuration(spec.backupSyncPeriod),
    validationFrequency: frequencyOf(spec.validationFrequency),
  };
}
