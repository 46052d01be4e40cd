import * as v from "valibot";
import type { CommonInputs, Health, Preflight } from "../core/check.ts";
import type { Timeouts } from "../core/deadline.ts";
import type { Failure } from "../core/handler.ts";
import type { Owner, UserMetadata } from "../core/identity.ts";
import { hasUnknown, isUnknown, UNKNOWN } from "../core/values.ts";
import { parseCadence } from "../schedules/cadence.ts";
import { describeCadence } from "../schedules/describe-cadence.ts";
import type { Access, StorageConfig } from "../store/storage-config.ts";
import * as schemas from "./common.ts";
import type { OnUnhealthy } from "./common.ts";
import { metadataEntries } from "./metadata.ts";
import { selectionEntries, selectionRules } from "./selection-schema.ts";
import {
  hasOwnPolicy,
  savesVolumes,
  type SelectionInputs,
  selectionOf,
  sharedPolicyName,
} from "./selection.ts";
import { access, storage } from "./storage.ts";

/** The declared inputs of a backup, of one cluster or of many. */
export interface BackupDeclaration extends CommonInputs, SelectionInputs, UserMetadata {
  /** The store. With `access`, it is the program's own access to the store. Absent if the program has none. */
  storage?: StorageConfig | undefined;
  access?: Access | undefined;
  schedule?: string | undefined;
  paused?: boolean | undefined;
  skipImmediately?: boolean | undefined;
  runNow?: boolean | undefined;
  useOwnerReferencesInBackup?: boolean | undefined;
  /** The recovery point objective. If the newest backup is older, the health is `Stale`. */
  maxAge?: string | undefined;
  triggers?: unknown[] | undefined;
  deletionPolicy?: "retain" | "delete" | undefined;
  allowPartialFailure?: boolean | undefined;
  onUnhealthy?: OnUnhealthy | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
  /** Computed: describes in words when a schedule runs, and how long backups are kept. */
  cadence?: string | undefined;
}

/**
 * The location that backups of one cluster use, with the ClusterLocation that owns it. These are outputs of the
 * ClusterLocation. Previews know them, because its `check` computes them.
 */
export interface LocationReference extends Owner {
  locationName: string;
  namespace: string;
  storePrefix: string;
  /**
   * True if another stack owns the location and does not contact the cluster. A missing location is not created there.
   */
  offline?: true | undefined;
}

export const locationReference = v.strictObject({
  owner: schemas.text,
  lineage: schemas.text,
  locationName: schemas.text,
  namespace: schemas.text,
  storePrefix: schemas.text,
  offline: v.optional(v.literal(true)),
});

const schedule = v.pipe(
  schemas.text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isUnknown(dataset.value)) return;
    const cadence = parseCadence(dataset.value);
    if ("problem" in cadence) addIssue({ message: `${cadence.problem}. Every night at two is "0 2 * * *"` });
  }),
);

/** The schemas of a backup's properties, except for those of connections. */
export const declarationEntries = {
  ...schemas.identity,
  storage: v.optional(storage),
  access: v.optional(access),
  schedule: v.optional(schedule),
  paused: v.optional(v.boolean()),
  skipImmediately: v.optional(v.boolean()),
  runNow: v.optional(v.boolean()),
  useOwnerReferencesInBackup: v.optional(v.boolean()),
  maxAge: v.optional(schemas.duration),
  triggers: v.optional(v.array(v.unknown())),
  deletionPolicy: v.optional(schemas.deletionPolicy),
  allowPartialFailure: v.optional(v.boolean()),
  onUnhealthy: v.optional(schemas.onUnhealthy),
  timeouts: v.optional(schemas.timeouts),
  preflight: v.optional(schemas.preflight),
  ...metadataEntries,
  ...selectionEntries,
};

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

export const expectedHealthOf = ({ paused }: BackupDeclaration): Health =>
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

/** The parts of resources that need permissions of their own. */
export type Use =
  | "location"
  | "claimInCluster"
  | "repositoryPassword"
  | "backup"
  | "resourcePolicy"
  | "sharedPolicy"
  | "volumes"
  | "deletion"
  | "erasure"
  | "restore"
  | "drill";
