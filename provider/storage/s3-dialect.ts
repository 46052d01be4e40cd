import type { StoreFacts } from "./object-store.ts";
import type { Dialect } from "./request-store.ts";
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
    code === "ServerSideEncryptionConfigurationNotFoundError",
  isHidden: ({ code, status }) => code === "AccessDenied" || code === "NotImplemented" || status === 405,
};

/** `Status` of a bucket's versioning configuration, which is empty where there never was one. */
export function versioningIn(status: string | undefined): StoreFacts["versioning"] | undefined {
  if (status === undefined) return "off";
  return { Enabled: "enabled", Suspended: "suspended" }[status] as StoreFacts["versioning"] | undefined;
}

/** `ObjectLockEnabled` of a bucket's object lock configuration. */
export const objectLockIn = (enabled: string | undefined): StoreFacts["objectLock"] =>
  enabled === "Enabled" ? "on" : "off";

/** MinIO refuses even wrong keys and regions per object, inside of an answer with status 200. */
export function refusedDeletion(key: string, refusal: StoreFailure): StoreFailure {
  const said = unescaped(`${key}: ${refusal.said}`);
  return { ...refusal, said, region: regionIn({}, said) };
}
