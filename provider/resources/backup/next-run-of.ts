import { type Cadence, type ParsedSchedule, parseSchedule } from "../../lifecycle/cadence.ts";
import { possibleZones, type ZoneEvidence } from "../../lifecycle/possible-zones.ts";
import type { BackupDeclaration } from "./declaration.ts";

type Scheduled = Pick<BackupDeclaration, "schedule" | "paused">;

/** Tells if a server's time zone decides when it runs the schedule. */
export const dependsOnZone = (scheduled: Scheduled): boolean =>
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
export function nextRunOf(scheduled: Scheduled, evidence: ZoneEvidence, now: Date): string | undefined {
  if (scheduled.paused) return undefined;
  const [first, ...others] = readingsOf(scheduled, evidence, { since: now, now });
  const next = first?.next(now)?.getTime();
  if (next === undefined || others.some((other) => other.next(now)?.getTime() !== next)) return undefined;
  return new Date(next).toISOString();
}
