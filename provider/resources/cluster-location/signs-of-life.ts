import type { BackupStorageLocation } from "../../velero/types.ts";
import { frequencyOf } from "../../velero/validation-frequency.ts";

/** A Velero that has not looked at a location for so long although it should have is probably dead. */
const SILENCE_MS = 10 * 60_000;

/**
 * What the locations of a namespace tell of the Velero that should look at one of them. `overdue`: it was to look at the
 * location long ago, and has not. `silent`: nothing was due at the location, and no location tells of a later sign than
 * `since`.
 */
export type SignsOfLife = { kind: "alive" | "overdue" } | { kind: "silent"; since: string };

/**
 * An old validation alone tells nothing of a location that does not say how often it is to be validated: the server's
 * `--store-validation-frequency` may be an hour, or never. But Velero also notes when it has synced a location, which it
 * does each minute unless it is told otherwise, and what it notes at any location of its namespace is a sign of life.
 */
export function signsOfLife(
  place: BackupStorageLocation,
  all: Iterable<BackupStorageLocation>,
  now: Date,
): SignsOfLife {
  const ageOf = (time: string | undefined) => now.getTime() - Date.parse(time ?? "");
  const validated = place.status?.lastValidationTime;
  const frequency = frequencyOf(place.spec.validationFrequency) ?? 0;
  if (!(ageOf(validated) > SILENCE_MS)) return { kind: "alive" };
  if (frequency > 0 && ageOf(validated) > 3 * frequency) return { kind: "overdue" };
  const signs = [place, ...all].flatMap(({ status }) => [status?.lastValidationTime, status?.lastSyncedTime]);
  const [since = ""] = signs.filter((time) => time !== undefined).toSorted((a, b) => ageOf(a) - ageOf(b));
  return ageOf(since) > SILENCE_MS ? { kind: "silent", since } : { kind: "alive" };
}
