import * as v from "valibot";
import type { BackupHealth } from "../../model/health.ts";
import type { Use } from "../../model/rights.ts";
import type { CommonInputs } from "../core/check.ts";
import {
  deletionPolicy,
  duration,
  identity,
  onUnhealthy,
  preflight,
  text,
  timeouts,
} from "../core/fields.ts";
import type { Failure } from "../core/handler.ts";
import { metadataEntries } from "../core/user-metadata.ts";
import { hasUnknown, isUnknown, UNKNOWN } from "../core/values.ts";
import { parseCadence } from "../schedules/cadence.ts";
import { describeCadence } from "../schedules/describe-cadence.ts";
import { access, storage } from "../store/storage-config.ts";
import { selectionEntries } from "../velero/selection-entries.ts";
import { hasOwnPolicy, savesVolumes, selectionOf, selectionRules, sharedPolicyName } from "./selection.ts";
import type { InferEntries } from "../core/validate.ts";

/**
 * The location that backups of one cluster use, with the ClusterLocation that owns it. These are outputs of the
 * ClusterLocation. Previews know them, because its `check` computes them.
 */
export const locationReference = v.strictObject({
  owner: text,
  lineage: text,
  locationName: text,
  namespace: text,
  storePrefix: text,
  // True if another stack owns the location and does not contact the cluster. A missing location is not created there.
  offline: v.optional(v.literal(true)),
});

export type LocationReference = v.InferOutput<typeof locationReference>;

const schedule = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isUnknown(dataset.value)) return;
    const cadence = parseCadence(dataset.value);
    if ("problem" in cadence) addIssue({ message: `${cadence.problem}. Every night at two is "0 2 * * *"` });
  }),
);

/** The declared properties of a backup, of one cluster or of many, except for those of connections. */
export const declarationEntries = {
  ...identity,
  // With `access`, it is the program's own access to the store. Absent if the program has none.
  storage: v.optional(storage),
  access: v.optional(access),
  schedule: v.optional(schedule),
  paused: v.optional(v.boolean()),
  skipImmediately: v.optional(v.boolean()),
  runNow: v.optional(v.boolean()),
  useOwnerReferencesInBackup: v.optional(v.boolean()),
  maxAge: v.optional(duration),
  triggers: v.optional(v.array(v.unknown())),
  deletionPolicy: v.optional(deletionPolicy),
  allowPartialFailure: v.optional(v.boolean()),
  onUnhealthy: v.optional(onUnhealthy),
  timeouts: v.optional(timeouts),
  preflight: v.optional(preflight),
  ...metadataEntries,
  ...selectionEntries,
};

export interface BackupDeclaration extends CommonInputs, InferEntries<typeof declarationEntries> {
  /** Computed: describes in words when a schedule runs, and how long backups are kept. */
  cadence?: string | undefined;
}

/** A program sets these on the location, and never on a backup. */
const OF_LOCATION = [
  ...["owner", "storage", "access", "onUnhealthy", "preflight", "connection", "credentials"],
  ...["reach", "source", "targets"],
];

export const namesOfBackup = (path: string, names: readonly string[]): string[] =>
  names.filter((name) => path !== "" || !OF_LOCATION.includes(name));

export const isScheduled = ({ schedule }: Pick<BackupDeclaration, "schedule">): boolean =>
  schedule !== undefined;

const SCHEDULES_ONLY = [
  "paused",
  "skipImmediately",
  "runNow",
  "maxAge",
  "useOwnerReferencesInBackup",
] as const;

export const declarationRules = (news: BackupDeclaration): Failure[] => [
  ...SCHEDULES_ONLY.filter((path) => news[path] !== undefined && !isScheduled(news)).map((path) => ({
    path,
    reason: "needs a `schedule`; without one a single backup is taken now",
  })),
  ...selectionRules(news),
];

/** Returns the inputs that a single backup captured. A change of them replaces the backup. */
export const capturedBy = (inputs: BackupDeclaration): Record<string, unknown> => ({
  ...selectionOf(inputs),
  triggers: inputs.triggers ?? [],
});

/**
 * Warns about stored backups that an `up` deletes when a single backup, or the single backups of `count` clusters, are
 * replaced.
 */
export function replacementNotices(olds: BackupDeclaration, count: number): string[] {
  if (olds.deletionPolicy !== "delete" || isScheduled(olds)) return [];
  return [
    count === 1
      ? "deletionPolicy: the stored backup that is replaced (1) is deleted as soon as a newer one is Completed"
      : `deletionPolicy: the ${count} stored backups that are replaced are deleted, each as soon as a newer one of its cluster is Completed`,
  ];
}

/** Returns the parts of a backup that need permissions in each cluster. */
export const usesOf = (declaration: BackupDeclaration): Use[] => [
  "backup",
  ...(savesVolumes(declaration) ? (["volumes"] as const) : []),
  ...(hasOwnPolicy(declaration) ? (["resourcePolicy"] as const) : []),
  ...(sharedPolicyName(declaration) === undefined ? [] : (["sharedPolicy"] as const)),
  ...(declaration.deletionPolicy === "delete" ? (["deletion"] as const) : []),
];

export const expectedHealthOf = ({ paused }: BackupDeclaration): BackupHealth =>
  paused === true ? "Paused" : "Healthy";

/** Describes a schedule in words, with warnings about it. */
export function cadenceOf({ schedule, ttl, maxAge }: BackupDeclaration): {
  cadence?: string;
  notices: string[];
} {
  if (schedule === undefined) return { notices: [] };
  if (hasUnknown([schedule, ttl])) return { cadence: UNKNOWN, notices: [] };
  const { words, notices } = describeCadence(schedule, ttl, isUnknown(maxAge) ? undefined : maxAge);
  return { cadence: words, notices };
}
