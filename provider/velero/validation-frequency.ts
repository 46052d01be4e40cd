import { parseDuration } from "../core/durations.ts";

/** The default of Velero's server. Each location sets it explicitly, so that the server's flag has no effect. */
export const USUAL_FREQUENCY = "1m";

/**
 * Velero validates a location at once whenever its `spec` changes, whatever its frequency and the server's are
 * (v1.18.3, pkg/controller/backup_storage_location_controller.go). So each frequency has a twin that means the same to
 * Velero, and a request for validation replaces one by the other. A twin may stay: restoring the declared value would
 * cause another validation, at the time when backups begin.
 */
const STEP_MS = 10;
/** Velero never reaches this time. Go's durations can be three times as long. */
const TWIN_OF_NEVER = "876000h1ms";
/**
 * A negative value means the server's own frequency, as an absent one does (v1.18.3,
 * internal/storage/storagelocation.go).
 */
const TWIN_OF_NONE = "-1ms";

/**
 * Returns how often Velero validates a location, in milliseconds, without the step of a twin. 0 means never. Undefined
 * means the server's own setting (`--store-validation-frequency`), which is not known here.
 */
export function frequencyOf(written: string | undefined): number | undefined {
  const length = lengthOf(written);
  if (length === undefined) return undefined;
  if (length === 0 || length === lengthOf(TWIN_OF_NEVER)) return 0;
  // Velero compares the times every ten seconds.
  return Math.max(STEP_MS, length - (length % STEP_MS));
}

/** Returns the twin of a frequency, or the frequency of a twin. Null means that the field is removed. */
export function nudged(written: string | undefined): string | null {
  const frequency = frequencyOf(written);
  if (frequency === undefined) return written === TWIN_OF_NONE ? null : TWIN_OF_NONE;
  if (frequency === 0) return lengthOf(written) === 0 ? TWIN_OF_NEVER : "0s";
  return `${lengthOf(written) === frequency ? frequency + 1 : frequency}ms`;
}

const lengthOf = (written: string | undefined): number | undefined => {
  const length = parseDuration(written ?? "");
  return length === undefined ? undefined : Math.round(length);
};
