import { parseDuration } from "../core/deadline.ts";
import { same } from "../core/values.ts";
import type { BackupSpec, BackupStorageLocation, Schedule } from "./types.ts";

/** A spec as somebody wrote it: with nulls, zero values and fields that this project does not know. */
export type WrittenSpec = Readonly<Record<string, unknown>>;

/**
 * Returns true if Velero takes the same backup with both values of this field. The command line and OADP write zero
 * values (`ttl: 0s`, `hooks: {}`, `metadata: {}`) for fields that a program omits. `storageLocation` is compared
 * literally: only the cluster knows the default location.
 */
export function readsAlike(field: string, one: WrittenSpec, other: WrittenSpec): boolean {
  // Velero converts the old switch to the new one (v1.18.3, pkg/controller/backup_controller.go).
  if (field === "defaultVolumesToRestic") return readsAlike("defaultVolumesToFsBackup", one, other);
  if (field === "snapshotMoveData" && one["snapshotVolumes"] === false && other["snapshotVolumes"] === false)
    return true;
  return same(readingOf(field, one), readingOf(field, other));
}

type Reading = (value: unknown) => unknown;

function readingOf(field: string, spec: WrittenSpec): unknown {
  const value =
    field === "defaultVolumesToFsBackup" && spec["defaultVolumesToRestic"] === true ? true : spec[field];
  const tidied = tidy(value);
  return tidied === undefined ? undefined : tidy((readings[field] ?? asItIs)(tidied));
}

const asItIs: Reading = (value) => value;

/** Zero means the server's default, except in a hook, where it means 30 seconds. */
const duration: Reading = (value) => {
  const length = typeof value === "string" ? parseDuration(value) : undefined;
  return length === 0 ? undefined : (length ?? value);
};

const unordered: Reading = (value) =>
  Array.isArray(value) ? value.map((each: unknown) => JSON.stringify(each)).toSorted() : value;

const allOrSome: Reading = (value) => (same(value, ["*"]) ? undefined : unordered(value));

const unless =
  (implied: unknown): Reading =>
  (value) =>
    value === implied ? undefined : value;

const hooksReading: Reading = (value) => {
  const { resources = [] } = value as { resources?: Record<string, unknown>[] };
  return {
    resources: resources.map((hook) => ({
      ...hook,
      pre: commands(hook["pre"]),
      post: commands(hook["post"]),
    })),
  };
};

const DEFAULT_HOOK_MS = 30_000;

const commands = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(({ exec = {} }: { exec?: Record<string, unknown> }) => ({
        ...exec,
        container: unless("")(exec["container"]),
        onError: unless("Fail")(exec["onError"] || "Fail"),
        timeout: duration(exec["timeout"]) ?? DEFAULT_HOOK_MS,
      }))
    : value;

/** Velero compares the kind without regard to case, and supports only ConfigMaps. */
const policy: Reading = (value) => {
  const { kind, name } = value as { kind?: string; name?: string };
  return { kind: kind?.toLowerCase(), name };
};

const uploader: Reading = (value) => {
  const { parallelFilesUpload, ...others } = value as { parallelFilesUpload?: number };
  return { ...others, ...(parallelFilesUpload ? { parallelFilesUpload } : {}) };
};

/** The normal form of a value, by Velero v1.18.3's rules. Fields that are not listed are compared literally. */
const readings: Readonly<Partial<Record<string, Reading>>> = {
  ttl: duration,
  csiSnapshotTimeout: duration,
  itemOperationTimeout: duration,
  includedNamespaces: allOrSome,
  includedResources: allOrSome,
  excludedNamespaces: unordered,
  excludedResources: unordered,
  includedClusterScopedResources: unordered,
  excludedClusterScopedResources: unordered,
  includedNamespaceScopedResources: unordered,
  excludedNamespaceScopedResources: unordered,
  orLabelSelectors: unordered,
  volumeSnapshotLocations: unordered,
  // Only false turns snapshots off (internal/volumehelper/volume_policy_helper.go).
  snapshotVolumes: unless(true),
  datamover: unless("velero"),
  hooks: hooksReading,
  resourcePolicy: policy,
  uploaderConfig: uploader,
} satisfies Partial<Record<keyof BackupSpec, Reading>>;

/** Removes nulls, and empty texts, lists and objects. A text inside an object stays: a label may be empty. */
function tidy(value: unknown): unknown {
  if (value === null || value === "") return undefined;
  if (Array.isArray(value)) return value.length > 0 ? value.map(withoutNulls) : undefined;
  if (typeof value !== "object") return value;
  const said = Object.entries(value)
    .map(([key, inner]) => [key, typeof inner === "string" ? inner : tidy(inner)] as const)
    .filter(([, inner]) => inner !== undefined);
  return said.length > 0 ? Object.fromEntries(said) : undefined;
}

/** An empty selector in a list selects everything, so it stays. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? (tidy(value) ?? {}) : value;

/**
 * Returns the live Schedule in which each value that Velero reads like the declared one is replaced by the declared
 * one. So a comparison finds only differences in effect, and a patch leaves other parts of the live object unchanged.
 */
export function inDeclaredWords(live: Schedule, declared: Schedule): Schedule {
  const [theirs, ours] = [live.spec.template, declared.spec.template] as [WrittenSpec, WrittenSpec];
  const template: Record<string, unknown> = { ...theirs };
  for (const field of fieldsOf(theirs, ours)) {
    if (!readsAlike(field, theirs, ours)) continue;
    if (ours[field] === undefined) delete template[field];
    else template[field] = ours[field];
  }
  const { useOwnerReferencesInBackup: owns, ...spec } = live.spec as Schedule["spec"] & WrittenSpec;
  const declaredOwns = (declared.spec as Schedule["spec"] & WrittenSpec)["useOwnerReferencesInBackup"];
  // Velero sets an owner only if it is true (v1.18.3, pkg/builder/backup_builder.go).
  const inOurWords = (owns === true) === (declaredOwns === true) ? declaredOwns : owns;
  return {
    ...live,
    spec: {
      ...spec,
      ...(inOurWords !== undefined && { useOwnerReferencesInBackup: inOurWords }),
      template,
    },
  };
}

/** Returns all fields of the two specs, sorted. */
export const fieldsOf = (one: WrittenSpec, other: WrittenSpec): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)].toSorted()),
];

const DURATIONS = ["backupSyncPeriod", "validationFrequency"] as const;

/** Returns the live location with the declared spelling of equal durations: Velero writes `1m` as `1m0s`. */
export function inDeclaredDurations(
  live: BackupStorageLocation,
  { spec: declared }: BackupStorageLocation,
): BackupStorageLocation {
  const spec = { ...live.spec };
  for (const field of DURATIONS) {
    const [theirs, ours] = [spec[field], declared[field]];
    if (theirs !== undefined && ours !== undefined && same(parseDuration(theirs), parseDuration(ours))) {
      spec[field] = ours;
    }
  }
  return { ...live, spec };
}
