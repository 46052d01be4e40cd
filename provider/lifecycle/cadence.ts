import { type CronDialect, type CronFields, ownZone, parseCronFields, splitSchedule } from "./cron-fields.ts";
import { longestGapInYears } from "./days-of-calendar.ts";
import { durationAdvice, parseDuration } from "./go-duration.ts";
import { nextRun, SEARCH_YEARS } from "./next-run.ts";
import { type Zone, zoneClock } from "./zone-clock.ts";

/** When a schedule runs. */
export interface Cadence {
  next(after: Date): Date | undefined;
}

/** How a server reads a schedule. */
export interface Reading {
  dialect: CronDialect;
  /** The server's own time zone, for schedules that name none. */
  zone: Zone;
}

/** A schedule that a parser of Velero's takes. */
export interface ParsedSchedule {
  /** False where the schedule runs at the same instants on servers of all time zones. */
  dependsOnZone: boolean;
  /** When a server of that time zone runs it. */
  cadenceIn(zone: Zone): Cadence;
}

const NEWEST: Reading = { dialect: "go-cron", zone: "UTC" };

/** When a server runs a schedule, or why Velero refuses it. */
export function parseCadence(
  schedule: string,
  { dialect, zone }: Reading = NEWEST,
): Cadence | { problem: string } {
  const parsed = parseSchedule(schedule, dialect);
  return "problem" in parsed ? parsed : parsed.cadenceIn(zone);
}

/**
 * Reads a schedule as Velero's parser does: five fields, `@daily` and its like, `@every 12h`, with `CRON_TZ=` or `TZ=`
 * in front. Other dialects of cron have more (L, W, #), which is refused here, since Velero would refuse it only in the
 * cluster. What has no next run is refused, too, though Velero takes it: it would back up without end.
 */
export function parseSchedule(schedule: string, dialect: CronDialect): ParsedSchedule | { problem: string } {
  const quoted = (problem: string) => ({ problem: `"${schedule}" ${problem}` });
  if (schedule.length > MOST_CHARACTERS) return { problem: `is longer than ${MOST_CHARACTERS} characters` };
  const { prefix, timezone, expression } = splitSchedule(schedule);
  if (/^(CRON_)?TZ=/.test(expression)) return quoted("names a time zone and no time");
  if (dialect === "robfig" && /["']/.test(prefix)) return quoted("has quotes around its time zone");
  const own = ownZone(timezone);
  if (own !== undefined && !zoneClock(own))
    return quoted(`names a time zone that does not exist: "${timezone}"`);

  if (expression.startsWith(EVERY)) {
    const cadence = everyCadence(expression.slice(EVERY.length));
    return "problem" in cadence ? cadence : { dependsOnZone: false, cadenceIn: () => cadence };
  }
  if (expression.startsWith("@") && !NICKNAMES.includes(expression))
    return quoted(`is none of ${NICKNAMES.join(", ")} and @every <duration>`);
  const fields = parseCronFields(schedule, dialect);
  if ("problem" in fields) return quoted(fields.problem);
  const never = neverRuns(fields);
  if (never) return quoted(never);
  return {
    dependsOnZone: own === undefined,
    cadenceIn: (zone) => cadenceOfFields(fields, own ?? zone, dialect),
  };
}

const MOST_CHARACTERS = 1024;
const EVERY = "@every ";

function everyCadence(text: string): Cadence | { problem: string } {
  const length = parseDuration(text);
  if (length === undefined) return { problem: `after @every, ${durationAdvice(text)}` };
  if (length < 1_000) return { problem: `"@every ${text}" is less than a second` };
  const wholeSeconds = (ms: number) => Math.floor(ms / 1_000) * 1_000;
  return { next: (after) => new Date(wholeSeconds(after.getTime()) + wholeSeconds(length)) };
}

function cadenceOfFields(fields: CronFields, zone: Zone, dialect: CronDialect): Cadence {
  const clock = zoneClock(zone);
  if (!clock) throw new Error(`no time zone is called "${zone}"`);
  return {
    next: (after) => {
      const next = nextRun(fields, clock, dialect, after.getTime());
      return next === undefined ? undefined : new Date(next);
    },
  };
}

const NICKNAMES = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** Such a schedule is overdue for Velero at all times, and is backed up without end. */
function neverRuns(fields: CronFields): string | undefined {
  const { minute, hour, day, month, weekday } = fields;
  const overdue = "which Velero takes for overdue at all times";
  if ([minute, hour, day, month, weekday].some(({ values }) => values.length === 0))
    return `names no time at all, ${overdue}`;
  if (day.any) return undefined;
  const years = longestGapInYears(fields);
  if (years === undefined) return `names no day that ever comes, ${overdue}`;
  return years > SEARCH_YEARS ? `names days that are more than five years apart, ${overdue}` : undefined;
}

/** How many runs were due after `since` and at least `grace` ago; counts no further than `most`. */
export function missedRuns(cadence: Cadence, since: Date, now: Date, grace: number, most: number): number {
  let missed = 0;
  for (let due = cadence.next(since); due && due.getTime() < now.getTime() - grace; due = cadence.next(due)) {
    missed += 1;
    if (missed >= most) break;
  }
  return missed;
}
