import type { VeleroErrorCode } from "./velero-error-code.ts";

/** A failure of a look-up, told apart from others by {@link isVeleroError}. Its message says what failed, where, and what to do. */
export interface VeleroError extends Error {
  /**
   * The stable word for what happened, such as `NoSuchBucket`, `Unreachable` or `WrongCredentials`. Each has its section
   * in `docs/troubleshooting.md`, which comes with the package. A later version may add codes, and renames none.
   */
  readonly code: VeleroErrorCode;
}

/**
 * Tells whether what was caught is a failure of {@link getBackups}, {@link getLatestBackup} or {@link getLocationUsers},
 * whose `code` a program can act on. With `codes` it tells whether it is one of these.
 *
 * The output forms, such as {@link getBackupsOutput}, cannot be caught: Pulumi ends a program of which an output fails.
 *
 * @example
 * ```ts
 * let latest: velero.BackupSummary | undefined;
 * try {
 *   latest = await velero.getLatestBackup({ location, cluster: "east", from: "store" });
 * } catch (error) {
 *   // The bucket is made later by another stack.
 *   if (!velero.isVeleroError(error, "NoSuchBucket")) throw error;
 * }
 * ```
 */
export const isVeleroError = (error: unknown, ...codes: readonly VeleroErrorCode[]): error is VeleroError =>
  error instanceof Error &&
  error.name === NAME &&
  "code" in error &&
  typeof error.code === "string" &&
  (codes.length === 0 || codes.some((code) => code === error.code));

// By name, since a program may hold two copies of this package.
const NAME = "VeleroError";

/** What is told to the program of a failure. */
export function veleroError(message: string, code: VeleroErrorCode): VeleroError {
  const error = Object.assign(new Error(message), { code });
  error.name = NAME;
  return error;
}
