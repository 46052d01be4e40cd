import type { ZoneEvidence } from "../../lifecycle/possible-zones.ts";
import type { Backup, Schedule } from "../../velero/types.ts";

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
