import type { KubernetesClient } from "../kubernetes/client.ts";
import { sharedAnswer, sharedList } from "../kubernetes/clusters.ts";
import { backups, schedules } from "../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../schemas/backup-outputs.ts";
import { type Cadence, type ParsedSchedule, parseSchedule } from "../schedules/cadence.ts";
import { possibleZones, type Zone, zoneClock, type ZoneEvidence } from "../schedules/zone-clock.ts";
import type { BackupDeclaration } from "../schemas/backup.ts";
import { getServerDeployment, isOlder, serverContainer, type ServerDeployment } from "../velero/server.ts";
import type { Backup, Schedule } from "../velero/types.ts";

/**
 * Looks in which time zone the cluster's Velero runs, if the schedule depends on that. What cannot be seen leaves more
 * zones possible, and fails nothing.
 */
export async function lookAtZones(
  client: KubernetesClient,
  scheduled: Pick<ClusterBackupOutputs, "schedule" | "paused" | "location">,
): Promise<ZoneEvidence> {
  if (!dependsOnZone(scheduled)) return { declared: [] };
  const { namespace } = scheduled.location;
  const [deployment, every, taken] = await Promise.all([
    sharedAnswer(client, `server.${namespace}`, () => getServerDeployment(client, namespace)).catch(unseen),
    sharedList<Schedule>(client, schedules, namespace).catch(unseen),
    sharedList<Backup>(client, backups, namespace).catch(unseen),
  ]);
  return {
    declared: deployment ? declaredZones(deployment) : [],
    seen: every && taken && offsetSeen(every.values(), taken.values()),
  };
}

const unseen = (): undefined => undefined;

/**
 * The time zones in which Velero's server runs by its Deployment, as Go reads `TZ` (Go's time/zoneinfo_unix.go,
 * initLocal). Empty where the Deployment leaves that open. Velero's own images set no time zone.
 */
export function declaredZones(deployment: ServerDeployment): readonly Zone[] {
  const container = serverContainer(deployment);
  if (!container) return [];
  // Of several variables of one name the last is in force, and `env` comes before `envFrom`.
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

/** A server whose image has no time zones runs in UTC. Velero's own have none before 1.18.1 (Velero issue 9519). */
function hasZones(image = ""): boolean {
  const [, version] = /:(v?\d+\.\d+\.\d+[^@]*)(@|$)/.exec(image) ?? [];
  return version !== undefined && !isOlder(version, "1.18.1");
}

const QUARTER_MS = 15 * 60_000;

/**
 * What the server's clock showed at the newest run that tells. Velero names the Backup by its local time, and notes the
 * same instant as the Schedule's `lastBackup` (velero v1.18.3 `pkg/controller/schedule_controller.go`, submitBackup), to
 * the second: names that Velero's command line gives, or an `up`, are in UTC and do not fit.
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

/** Another one of the Schedule, whose name fits by chance, was made at another time. */
function isOfThen({ metadata, status }: Backup, at: number): boolean {
  const times = [metadata.creationTimestamp, status?.startTimestamp].map((time) => Date.parse(time ?? ""));
  return times.some((time) => Math.abs(time - at) < QUARTER_MS);
}

type Scheduled = Pick<BackupDeclaration, "schedule" | "paused">;

/** Tells if a server's time zone decides when it runs the schedule. */
const dependsOnZone = (scheduled: Scheduled): boolean =>
  parsedBy(scheduled).some((parsed) => parsed.dependsOnZone);

/**
 * Each way in which a server may run the schedule after `since`, up to the first run after `now`. The server's version
 * decides, which a refresh does not know, and its time zone, of which there may be evidence or none.
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

/** The same time of the wall comes around the earth within 26 hours. */
const MOST_APART_MS = 26 * 3_600_000;

const DIALECTS = ["go-cron", "robfig"] as const;

function parsedBy({ schedule = "" }: Scheduled): ParsedSchedule[] {
  return DIALECTS.flatMap((dialect) => {
    const parsed = parseSchedule(schedule, dialect);
    return "problem" in parsed ? [] : [parsed];
  });
}

/** Undefined where servers of different versions, or of the time zones that are possible, run at different times. */
export function nextRunOf(
  scheduled: Scheduled,
  evidence: ZoneEvidence,
  now: Date,
  lastRun = now,
): string | undefined {
  if (scheduled.paused) return undefined;
  // Velero counts from the last run (v1.18.3, pkg/controller/schedule_controller.go, getNextRunTime). In a night in
  // which the clock is changed that is another run than the next one after now.
  const nextOf = (cadence: Cadence): number | undefined => {
    const next = cadence.next(lastRun);
    return (next !== undefined && next > now ? next : cadence.next(now))?.getTime();
  };
  const [next, ...others] = readingsOf(scheduled, evidence, { since: now, now }).map(nextOf);
  if (next === undefined || others.some((other) => other !== next)) return undefined;
  return new Date(next).toISOString();
}
