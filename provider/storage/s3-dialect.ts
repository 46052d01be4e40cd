import type { StoreFacts } from "./object-store.ts";
import type { Dialect, LockFacts } from "./request-store.ts";
import { regionIn, unescaped } from "./s3-answer.ts";
import { s3VerdictOn } from "./s3-verdicts.ts";
import type { StoreFailure } from "./store-failure.ts";

/** What S3's refusals mean, whichever package reads them. */
export const s3Dialect: Omit<Dialect, "failureOf"> = {
  verdictOn: s3VerdictOn,
  isAbsent: ({ code }) => code === "NoSuchKey",
  isTaken: ({ code }) => code === "PreconditionFailed",
  isUnset: ({ code }) =>
    code === "ObjectLockConfigurationNotFoundError" ||
    code === "NoSuchLifecycleConfiguration" ||
    code === "ServerSideEncryptionConfigurationNotFoundError",
  isHidden: ({ code, status }) => code === "AccessDenied" || code === "NotImplemented" || status === 405,
};

/** `Status` of a bucket's versioning configuration, which is empty where there never was one. */
export function versioningIn(status: string | undefined): StoreFacts["versioning"] | undefined {
  if (status === undefined) return "off";
  return { Enabled: "enabled", Suspended: "suspended" }[status] as StoreFacts["versioning"] | undefined;
}

/** A bucket's object lock configuration: `ObjectLockEnabled`, and the retention that every new object gets. */
export const objectLockIn = (
  enabled: string | undefined,
  { mode, days = 0, years = 0 }: { mode?: string | undefined; days?: number; years?: number } = {},
): LockFacts => ({
  objectLock: enabled === "Enabled" ? "on" : "off",
  // What is locked is a version; the next one takes its place all the same.
  retention:
    mode === undefined ? "none" : { mode, days: days + years * DAYS_OF_A_YEAR, forbidsOverwriting: false },
});

const DAYS_OF_A_YEAR = 365;

/** MinIO refuses even wrong keys and regions per object, inside of an answer with status 200. */
export function refusedDeletion(key: string, refusal: StoreFailure): StoreFailure {
  const said = unescaped(`${key}: ${refusal.said}`);
  return { ...refusal, said, region: regionIn({}, said) };
}
