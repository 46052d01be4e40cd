import { parseDuration } from "../core/durations.ts";

/** What Velero's server does unless it is told otherwise. Each location says it, so that the server's flag does not matter. */
export const USUAL_FREQUENCY = "1m";

/**
 * Velero looks at a location at once whenever its `spec` has become another one, whatever its frequency and the server's
 * are (v1.18.3, pkg/controller/backup_storage_location_controller.go). So each frequency has a twin that means the same
 * to Velero, and a nudge puts one in the place of the other. A twin may stay: it would take another look of Velero's to
 * put the declared one back, at the very time when backups begin.
 */
const STEP_MS = 10;
/** Velero never comes to it, and Go's durations reach three times as far. */
const TWIN_OF_NEVER = "876000h1ms";
/** What is negative means the server's own frequency, as no frequency does (v1.18.3, internal/storage/storagelocation.go). */
const TWIN_OF_NONE = "-1ms";

/**
 * How often Velero looks at a location by itself, in milliseconds and without what a nudge has added. 0: never. Undefined:
 * as its server was told (`--store-validation-frequency`), which nobody else knows.
 */
export function frequencyOf(written: string | undefined): number | undefined {
  const length = lengthOf(written);
  if (length === undefined) return undefined;
  if (length === 0 || length === lengthOf(TWIN_OF_NEVER)) return 0;
  // Velero compares times every ten seconds.
  return Math.max(STEP_MS, length - (length % STEP_MS));
}

/** The twin of a frequency, or the frequency of a twin. Null: none is to be written. */
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
