import type { KubernetesClient } from "../kubernetes/client.ts";
import { sharedAnswer, sharedList } from "../kubernetes/clusters.ts";
import { backups, schedules } from "../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../schemas/cluster-backup.ts";
import { type Cadence, type ParsedSchedule, parseSchedule } from "../schedules/cadence.ts";
import { possibleZones, type Zone, zoneClock, type ZoneEvidence } from "../schedules/zone-clock.ts";
import type { BackupDeclaration } from "../schemas/backup.ts";
import { getServerDeployment, isOlder, serverContainer, type ServerDeployment } from "../velero/server.ts";
import type { Backup, Schedule } from "../velero/types.ts";

/**
 * Gathers the evidence for the time zone of the cluster's Velero, if the schedule depends on it. Facts that cannot be
 * read leave more zones possible, and are no failure.
 */
export async function lookAtZones(
  client: KubernetesClient,
  scheduled: Pick<ClusterBackupOutputs, "schedule" | "paused" | "location">,
): Promise<ZoneEvidence> {
  if (!dependsOnZone(scheduled)) return { declared: [] };
  const { namespace } = scheduled.location;
  const [deployment, every, taken] = await Promise.all([
    sharedAnswer(client, `server.${namespace}`, () => getServerDeployment(client, namespace)).catch(ignored),
    sharedList<Schedule>(client, schedules, namespace).catch(ignored),
    sharedList<Backup>(client, backups, namespace).catch(ignored),
  ]);
  return {
    declared: deployment ? declaredZones(deployment) : [],
    seen: every && taken && offsetSeen(every.values(), taken.values()),
  };
}

const ignored = (): undefined => undefined;

/**
 * Returns the time zones that Velero's Deployment allows, as Go reads `TZ` (Go's time/zoneinfo_unix.go, initLocal). The
 * list is empty if the Deployment does not decide. Velero's own images set no time zone.
 */
export function declaredZones(deployment: ServerDeployment): readonly Zone[] {
  const container = serverContainer(deployment);
  if (!container) return [];
  // If a variable is set twice, the last one counts, and `env` takes precedence over `envFrom`.
  const variable = container.env?.findLast(({ name }) => name === "TZ");
  if (!variable) {
    const hidden = (container.envFrom ?? []).length > 0 || container.volumeMounts?.some(holdsLocalTime);
    return hidden ? [] : ["UTC"];
  }
  const { value = "", valueFrom } = variable;
  if (valueFrom || value.includes("$(")) return [];
  const zone = value.replace(/^:/, "").replace(/^\/usr\/share\/zoneinfo\//, "");
  if (zone === "" || zone === "UTC") return ["UTC"];
  if (!zoneClock(zone)) return [];
  return hasZones(container.image) ? [zone] : [zone, "UTC"];
}

const holdsLocalTime = ({ mountPath }: { mountPath: string }): boolean =>
  /^\/etc(\/localtime)?\/?$/.test(mountPath);

/**
 * Returns true if the server's image has time zones. Without them, the server runs in UTC. Velero's own images have
 * them since 1.18.1 (Velero issue 9519).
 */
function hasZones(image = ""): boolean {
  const [, version] = /:(v?\d+\.\d+\.\d+[^@]*)(@|$)/.exec(image) ?? [];
  return version !== undefined && !isOlder(version, "1.18.1");
}

const QUARTER_MS = 15 * 60_000;

/**
 * Returns the UTC offset of the server's clock at the newest run that shows it. Velero names a Backup by its local
 * time, and writes the same instant, to the second, to the Schedule's `lastBackup` (velero v1.18.3
 * `pkg/controller/schedule_controller.go`, submitBackup). Names that Velero's command line or an `up` gives are in UTC,
 * and do not match.
 */
export function offsetSeen(schedules: Iterable<Schedule>, backups: Iterable<Backup>): ZoneEvidence["seen"] {
  const lastRuns = new Map<string, number>();
  for (const { metadata, status } of schedules) {
    const at = Date.parse(status?.lastBackup ?? "");
    if (!Number.isNaN(at)) lastRuns.set(metadata.name, at);
  }
  let newest: ZoneEvidence["seen"];
  for (const backup of backups) {
    const [, schedule = "", stamp = ""] = /^(.+)-(\d{14})$/.exec(backup.metadata.name) ?? [];
    const at = lastRuns.get(schedule);
    if (at === undefined || (newest && newest.at >= at) || !isOfThen(backup, at)) continue;
    const offset = wallOf(stamp) - at;
    if (offset % QUARTER_MS === 0 && Math.abs(offset) <= 14 * 4 * QUARTER_MS)
      newest = { at, offset: offset / 60_000 };
  }
  return newest;
}

const wallOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(....)(..)(..)(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6Z"));

/** Excludes a Backup of the Schedule that was made at another time and whose name matches by chance. */
function isOfThen({ metadata, status }: Backup, at: number): boolean {
  const times = [metadata.creationTimestamp, status?.startTimestamp].map((time) => Date.parse(time ?? ""));
  return times.some((time) => Math.abs(time - at) < QUARTER_MS);
}

type Scheduled = Pick<BackupDeclaration, "schedule" | "paused">;

/** Returns true if the server's time zone decides when it runs the schedule. */
const dependsOnZone = (scheduled: Scheduled): boolean =>
  parsedBy(scheduled).some((parsed) => parsed.dependsOnZone);

/**
 * Returns each possible cadence of a schedule after `since`, up to the first run after `now`. The server's version
 * decides, which a refresh does not know, and its time zone, for which there may be evidence.
 */
export function readingsOf(
  scheduled: Scheduled,
  evidence: ZoneEvidence,
  { since, now }: { since: Date; now: Date },
): Cadence[] {
  return parsedBy(scheduled).flatMap((parsed) => {
    if (!parsed.dependsOnZone) return [parsed.cadenceIn("UTC")];
    const next = parsed.cadenceIn("UTC").next(now) ?? now;
    const zones = possibleZones(evidence, since.getTime(), next.getTime() + MOST_APART_MS);
    return zones.map((zone) => parsed.cadenceIn(zone));
  });
}

/** The same wall-clock time occurs in all time zones within 26 hours. */
const MOST_APART_MS = 26 * 3_600_000;

const DIALECTS = ["go-cron", "robfig"] as const;

function parsedBy({ schedule = "" }: Scheduled): ParsedSchedule[] {
  return DIALECTS.flatMap((dialect) => {
    const parsed = parseSchedule(schedule, dialect);
    return "problem" in parsed ? [] : [parsed];
  });
}

/**
 * Returns the next run after `now`. Velero counts from the last run (v1.18.3, pkg/controller/schedule_controller.go,
 * getNextRunTime). In a night in which the clock is changed, that may be another run than the next one after now.
 */
export function nextAfter(
  cadence: Cadence,
  { lastRun, now }: { lastRun: Date; now: Date },
): Date | undefined {
  const next = cadence.next(lastRun);
  return next !== undefined && next > now ? next : cadence.next(now);
}

/**
 * Returns the time from which Velero counts to the next run of a Schedule. `newest` is the start of its newest backup,
 * for a Schedule whose status does not say it.
 */
export const lastRunOf = ({ metadata, status }: Schedule, newest?: string): Date =>
  new Date(
    Math.max(
      ...[status?.lastSkipped, status?.lastBackup ?? newest ?? metadata.creationTimestamp].map(
        (time) => Date.parse(time ?? "") || 0,
      ),
    ),
  );

/**
 * Returns the time of the next run. Returns undefined if servers of different versions, or in the possible time zones,
 * run at different times.
 */
export function nextRunOf(
  scheduled: Scheduled,
  evidence: ZoneEvidence,
  times: { lastRun: Date; now: Date },
): string | undefined {
  if (scheduled.paused) return undefined;
  const readings = readingsOf(scheduled, evidence, { since: times.now, now: times.now });
  const [next, ...others] = readings.map((cadence) => nextAfter(cadence, times)?.getTime());
  if (next === undefined || others.some((other) => other !== next)) return undefined;
  return new Date(next).toISOString();
}
