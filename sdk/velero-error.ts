import type { VeleroErrorCode } from "./velero-error-code.ts";

/**
 * A failure of a look-up, which {@link isVeleroError} recognizes. Its message says what failed, where, and what to do.
 */
export interface VeleroError extends Error {
  /**
   * The stable code of the failure, such as `NoSuchBucket`, `Unreachable` or `WrongCredentials`. Each has its section
   * in `docs/troubleshooting.md`, which is part of the package. A later version may add codes, and renames none.
   */
  readonly code: VeleroErrorCode;
}

/**
 * Returns true if a caught error is a failure of {@link getBackups}, {@link getLatestBackup} or
 * {@link getLocationUsers}, whose `code` a program can act on. With `codes`, it returns true only for these codes.
 *
 * The output forms, such as {@link getBackupsOutput}, cannot be caught: Pulumi ends a program if an output fails.
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

// The name is compared and not the class: a program may have two copies of this package.
const NAME = "VeleroError";

/** Makes the error that a program gets for a failure. */
export function veleroError(message: string, code: VeleroErrorCode): VeleroError {
  const error = Object.assign(new Error(message), { code });
  error.name = NAME;
  return error;
}
