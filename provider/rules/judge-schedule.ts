import { parseDuration } from "../core/deadline.ts";
import { ownersOf, stampOf } from "../core/identity.ts";
import { same } from "../core/values.ts";
import { isOwnedBy, mergePatch } from "../kubernetes/ensure.ts";
import { missedRuns } from "../schedules/cadence.ts";
import { rhythmOf } from "../schedules/describe-cadence.ts";
import type { ZoneEvidence } from "../schedules/zone-clock.ts";
import type { ClusterBackupOutputs } from "../schemas/cluster-backup.ts";
import { backupSpecOf } from "../schemas/selection.ts";
import { scheduleManifest, scheduleWhole, deletionPolicyAnnotation } from "../velero/manifests.ts";
import { complaintsOf, isExpired, newestFirst, startOf, stateOf } from "../velero/phases.ts";
import { inDeclaredWords } from "../velero/reads-alike.ts";
import type { Backup, BackupSpec, DeleteBackupRequest, Schedule } from "../velero/types.ts";
import { finding, type HealthFinding } from "./finding.ts";
import { deletionErrors, type BackupFindings, isStuck, type StoredFiles, tarballIn } from "./judge-single.ts";
import { lastRunOf, nextAfter, nextRunOf, readingsOf } from "./time-zones.ts";

/** The facts about a schedule and its backups. */
export interface ScheduleFindings {
  live: Schedule | undefined;
  /** The Backup objects of the schedule. */
  taken: readonly Backup[];
  requests: readonly DeleteBackupRequest[];
  /** Undefined if the store was not asked, or did not answer. */
  files: StoredFiles | undefined;
  /** Differences around the schedule, in words. Undefined if there are none. */
  policyDrift?: string | undefined;
  namespaceDrift?: string | undefined;
  /** The reason why nothing can be written to its location. */
  locationTrouble?: string | undefined;
  /** The reason why its Velero may have stopped. */
  staleReason?: string | undefined;
  /** The evidence for the time zone of its Velero. */
  zones: ZoneEvidence;
  now: Date;
}

/** A run may begin this much later than it is due. */
const GRACE_MS = 10 * 60_000;

/**
 * Judges a schedule. The first problem counts, in this order: changes by others, reasons why no run can succeed, the
 * results of runs. A declared pause, or a declared TTL shorter than the interval, is no problem.
 */
export function judgeSchedule(state: ClusterBackupOutputs, found: ScheduleFindings): BackupFindings {
  const { live, taken, now } = found;
  const name = `Schedule ${state.location.namespace}/${state.scheduleName}`;
  if (!live) return { health: "Missing", message: `${name} is gone; up makes it again` };

  const runs = runsOf(state, taken);
  const first =
    changed(state, found, name, live) ??
    hopeless(found, name, live) ??
    (state.paused
      ? PAUSED
      : (lastRun(found, runs) ??
        dataOf(state, found, runs) ??
        overdue(state, found, runs, live, name) ??
        expiring(state, found, runs, live)));
  return {
    phase: live.status?.phase,
    lastSuccessfulBackup: runs.good[0]?.status?.completionTimestamp,
    newestGood: isLost(state, found, runs) ? state.newestGood : runs.good[0] && markOf(runs.good[0]),
    nextRun: nextRunOf(state, found.zones, { lastRun: lastRunOf(live, newestOf(runs)), now }),
    ...(first ?? HEALTHY),
  };
}

const PAUSED = { health: "Paused", message: undefined } as const;
const HEALTHY = { health: "Healthy", message: undefined } as const;

interface Runs {
  newest: Backup | undefined;
  /** The newest backup that has ended. A backup that is being deleted does not count. */
  ended: Backup | undefined;
  /** The good backups, newest first. */
  good: readonly Backup[];
}

function runsOf({ allowPartialFailure }: ClusterBackupOutputs, taken: readonly Backup[]): Runs {
  const inOrder = newestFirst(taken);
  const isGood = (backup: Backup) =>
    stateOf(backup) === "completed" ||
    (stateOf(backup) === "partiallyFailed" && allowPartialFailure === true);
  return {
    newest: inOrder[0],
    ended: inOrder.find((backup) => !["running", "deleting"].includes(stateOf(backup))),
    good: inOrder.filter(isGood),
  };
}

/** Returns true if the newest good backup is gone before its time and there is no newer one. */
const isLost = (
  { newestGood }: ClusterBackupOutputs,
  { taken, now }: ScheduleFindings,
  { good }: Runs,
): boolean =>
  newestGood !== undefined &&
  !isExpired(newestGood.expiration, now) &&
  !taken.some((backup) => backup.metadata.name === newestGood.name && stateOf(backup) !== "deleting") &&
  !(good[0] && startOf(good[0]) > newestGood.started);

/** Returns what state keeps of the newest good backup, to notice later that it is gone. */
export const markOf = (backup: Backup): NonNullable<ClusterBackupOutputs["newestGood"]> => ({
  name: backup.metadata.name,
  started: startOf(backup),
  expiration: backup.status?.expiration,
});

function changed(
  state: ClusterBackupOutputs,
  { policyDrift, namespaceDrift }: ScheduleFindings,
  name: string,
  live: Schedule,
): HealthFinding | undefined {
  if (!isOwnedBy(live, ownersOf(state))) {
    return finding(
      "Drifted",
      `${name} was made anew by someone else, and up changes nothing of it; delete it, and up makes it as declared`,
    );
  }
  const desired = desiredSchedule(state);
  const change: { spec?: object; metadata?: object } | undefined = mergePatch(
    inDeclaredWords(live, desired),
    desired,
    scheduleWhole,
  );
  if (change) {
    const what = [...Object.keys(change.spec ?? {}), ...Object.keys(change.metadata ?? {})].join(", ");
    return finding("Drifted", `${name} was changed by someone else (${what}); up sets it right`);
  }
  const drift = policyDrift ?? namespaceDrift;
  return drift === undefined ? undefined : finding("Drifted", drift);
}

function hopeless(
  { staleReason, locationTrouble }: ScheduleFindings,
  name: string,
  live: Schedule,
): HealthFinding | undefined {
  if (staleReason !== undefined) return finding("Unknown", staleReason);
  if (live.status?.phase === "FailedValidation") {
    return finding("Failing", `${name} is refused by Velero: ${live.status.validationErrors?.join("; ")}`);
  }
  return locationTrouble === undefined ? undefined : finding("Failing", locationTrouble);
}

function lastRun(
  { requests, now }: ScheduleFindings,
  { newest, ended, good }: Runs,
): HealthFinding | undefined {
  if (ended && ended !== good[0]) {
    const { name } = ended.metadata;
    return finding("Failing", `Backup ${name} is ${ended.status?.phase}: ${complaintsOf(ended)}`);
  }
  if (newest && stateOf(newest) === "running" && isStuck(newest, now)) {
    return finding(
      "Stuck",
      `Backup ${newest.metadata.name} has been ${newest.status?.phase ?? "New"} since ${startOf(newest)}`,
    );
  }
  const refused = newest && stateOf(newest) === "deleting" ? deletionErrors(newest, requests) : undefined;
  return refused === undefined
    ? undefined
    : finding("Stuck", `Backup ${newest?.metadata.name} was to be deleted and could not be: ${refused}`);
}

/**
 * The newest backup is compared with this many earlier ones. With fewer items than the second number, differences are
 * chance.
 */
const COMPARED = 5;
const FEW_ITEMS = 10;

function dataOf(state: ClusterBackupOutputs, found: ScheduleFindings, runs: Runs): HealthFinding | undefined {
  const { storePrefix } = state.location;
  const { files } = found;
  const [last, ...before] = runs.good;
  if (isLost(state, found, runs)) {
    return finding(
      "Missing",
      `Backup ${state.newestGood?.name}, the newest good one, is gone before its time`,
    );
  }
  if (!last) return undefined;
  const { name } = last.metadata;
  if (files && !tarballIn(files, storePrefix, name)) {
    return finding(
      "Missing",
      `the data of Backup ${name} is gone from the store (${storePrefix}/backups/${name}/)`,
    );
  }
  // Earlier backups with another spec cannot be compared.
  const alike = before.filter(({ spec }) => same(spec, last.spec)).slice(0, COMPARED);
  const usual = median(alike.map(itemsOf));
  return usual >= FEW_ITEMS && itemsOf(last) < usual / 2
    ? finding(
        "Suspect",
        `Backup ${name} holds ${itemsOf(last)} items; those before it held ${usual}. See whether all is there that should be`,
      )
    : undefined;
}

function overdue(
  state: ClusterBackupOutputs,
  { now, zones }: ScheduleFindings,
  { newest, good }: Runs,
  live: Schedule,
  name: string,
): HealthFinding | undefined {
  const since = latestOf(state.changedAt, live.metadata.creationTimestamp);
  const lastGood = good[0]?.status?.startTimestamp;
  const maxAge = parseDuration(state.maxAge ?? "");
  if (maxAge !== undefined && now.getTime() - latestOf(lastGood ?? since.toISOString()).getTime() > maxAge) {
    return finding(
      "Stale",
      `no good backup is younger than ${state.maxAge}; ${lastGood ? `the newest is of ${lastGood}` : "there is none"}`,
    );
  }
  // Velero skips a run while another one is in progress.
  if (newest && stateOf(newest) === "running") return undefined;
  // With a TTL shorter than the interval, no backup may be left. Then the time of Velero's last run is used.
  const begun = latestOf(since.toISOString(), newest && startOf(newest), live.status?.lastBackup);
  const readings = readingsOf(state, zones, { since: begun, now });
  return readings.length > 0 && readings.every((cadence) => missedRuns(cadence, begun, now, GRACE_MS, 1) > 0)
    ? finding(
        "Stale",
        `${name} has begun no backup since ${begun.toISOString()}, though one was due: is Velero's server running?`,
      )
    : undefined;
}

const newestOf = ({ newest }: Runs): string | undefined => newest && startOf(newest);

/** A declared TTL that is too short is not reported here: the check has warned of it. */
function expiring(
  state: ClusterBackupOutputs,
  { now, zones }: ScheduleFindings,
  runs: Runs,
  live: Schedule,
): HealthFinding | undefined {
  const { good } = runs;
  const { expiration } = good[0]?.status ?? {};
  if (expiration === undefined) return undefined;
  let successor: Date | undefined;
  for (const cadence of readingsOf(state, zones, { since: now, now })) {
    const next = nextAfter(cadence, { lastRun: lastRunOf(live, newestOf(runs)), now });
    if (next && new Date(expiration) >= next) return undefined;
    if (next && !(successor && successor <= next)) successor = next;
  }
  const ttl = parseDuration(state.ttl ?? DEFAULT_TTL) ?? 0;
  return !successor || ttl < (rhythmOf(state.schedule ?? "")?.longestGapMs ?? 0)
    ? undefined
    : finding(
        "Expiring",
        `the newest good backup, ${good[0]?.metadata.name}, ends on ${expiration}, and the next one is due on ${successor.toISOString()} only; change \`triggers\` to take one now`,
      );
}

/** Velero's default, unless its server has another one. */
const DEFAULT_TTL = "720h";

const itemsOf = ({ status }: Backup): number => status?.progress?.itemsBackedUp ?? 0;

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const latestOf = (...times: (string | undefined)[]): Date =>
  new Date(Math.max(...times.map((time) => Date.parse(time ?? "") || 0)));

/** Returns the desired Schedule. */
export function desiredSchedule(desired: ClusterBackupOutputs): Schedule {
  const { labels, annotations } = stampOf(desired);
  return scheduleManifest(
    {
      name: desired.objectName,
      namespace: desired.location.namespace,
      labels,
      annotations: {
        ...annotations,
        ...(desired.deletionPolicy === "delete" && { [deletionPolicyAnnotation]: "delete" }),
      },
    },
    {
      schedule: desired.schedule ?? "",
      paused: desired.paused ?? false,
      ...(desired.useOwnerReferencesInBackup !== undefined && {
        useOwnerReferencesInBackup: desired.useOwnerReferencesInBackup,
      }),
      template: withOwnLabels(backupSpecOf(desired), labels),
    },
  );
}

/**
 * Adds our labels to the template's labels, if there are any. Velero labels a backup with the template's labels, or
 * with the Schedule's if the template has none (v1.18.3, pkg/builder/backup_builder.go). A backup is found by its
 * owner, so our labels are needed.
 */
function withOwnLabels(template: BackupSpec, ours: Record<string, string>): BackupSpec {
  const { metadata } = template as { metadata?: { labels?: Record<string, string> } };
  return metadata?.labels
    ? ({ ...template, metadata: { ...metadata, labels: { ...metadata.labels, ...ours } } } as BackupSpec)
    : template;
}
