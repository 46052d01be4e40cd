import { durationAdvice, parseDuration } from "../core/deadline.ts";
import { type Zone, zoneClock, type ZoneClock } from "./zone-clock.ts";
import {
  type CronDialect,
  type CronFields,
  ownZone,
  parseCronFields,
  splitSchedule,
  type CronField,
  readCronFields,
  timesOfDay,
} from "./cron-fields.ts";
import { shortHash } from "../core/values.ts";

/** Computes the runs of a schedule. */
export interface Cadence {
  next(after: Date): Date | undefined;
}

/** The settings of a server that decide how it reads a schedule. */
interface Reading {
  dialect: CronDialect;
  /** The server's own time zone, for schedules that name none. */
  zone: Zone;
}

/** A schedule that Velero's parser accepts. */
export interface ParsedSchedule {
  /** False if the schedule runs at the same instants in every time zone of the server. */
  dependsOnZone: boolean;
  /** Returns the runs on a server in that time zone. */
  cadenceIn(zone: Zone): Cadence;
}

const NEWEST: Reading = { dialect: "go-cron", zone: "UTC" };

/** Returns the runs of a schedule on a server, or the reason why Velero refuses the schedule. */
export function parseCadence(
  schedule: string,
  { dialect, zone }: Reading = NEWEST,
): Cadence | { problem: string } {
  const parsed = parseSchedule(schedule, dialect);
  return "problem" in parsed ? parsed : parsed.cadenceIn(zone);
}

/**
 * Reads a schedule as Velero's parser does: five fields, `@daily` and its like, or `@every 12h`, each with an optional
 * `CRON_TZ=` or `TZ=` in front. Other dialects of cron have more (L, W, #). These are refused here, because Velero
 * would refuse them only in the cluster. A schedule without a next run is refused as well, although Velero accepts it:
 * Velero would back up without end. No package agrees with Velero's parsers
 * (docs/design/velero-facts.md#cron-expressions).
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

/** Finds schedules that never run. For Velero they are always overdue, and it backs up without end. */
function neverRuns(fields: CronFields): string | undefined {
  const { minute, hour, day, month, weekday } = fields;
  const overdue = "which Velero takes for overdue at all times";
  if ([minute, hour, day, month, weekday].some(({ values }) => values.length === 0))
    return `names no time at all, ${overdue}`;
  if (day.any) return undefined;
  const { days, repeatMs } = runDays(fields);
  const [first] = days;
  if (first === undefined) return `names no day that ever comes, ${overdue}`;
  const years = [...days, first + repeatMs].map((instant) => new Date(instant).getUTCFullYear());
  return years.some((year, index) => year - (years[index - 1] ?? year) > SEARCH_YEARS)
    ? `names days that are more than five years apart, ${overdue}`
    : undefined;
}

/** Counts the runs that were due after `since` and at least `grace` ago. It stops at `most`. */
export function missedRuns(cadence: Cadence, since: Date, now: Date, grace: number, most: number): number {
  let missed = 0;
  for (let due = cadence.next(since); due && due.getTime() < now.getTime() - grace; due = cadence.next(due)) {
    missed += 1;
    if (missed >= most) break;
  }
  return missed;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Velero's parsers search no further. A schedule without a next run is always overdue for Velero. */
const SEARCH_YEARS = 5;

/**
 * Returns the first run after an instant, as `SpecSchedule.Next` of Velero's parser computes it (spec.go of both
 * parsers), including its results on days of clock changes. Returns undefined if there is none within five years.
 */
function nextRun(
  fields: CronFields,
  { wallOf, instantOf }: ZoneClock,
  dialect: CronDialect,
  after: number,
): number | undefined {
  const clock = (instant: number) => {
    const wall = new Date(wallOf(instant));
    return {
      year: wall.getUTCFullYear(),
      month: wall.getUTCMonth(),
      day: wall.getUTCDate(),
      weekday: wall.getUTCDay(),
      hour: wall.getUTCHours(),
      minute: wall.getUTCMinutes(),
      second: wall.getUTCSeconds(),
    };
  };
  const at = (year: number, month: number, day: number, hour = 0, rest = 0) =>
    instantOf(Date.UTC(year, month, day, hour) + rest);
  /** Does the same as Go's `AddDate`, which keeps the wall-clock time. */
  const addDate = (instant: number, months: number, days: number) => {
    const { year, month, day, hour, minute, second } = clock(instant);
    return at(year, month + months, day + days, hour, minute * MINUTE_MS + second * SECOND_MS);
  };
  const runsOn = (instant: number) => {
    const { day, weekday } = clock(instant);
    const [isDay, isWeekday] = [fields.day.values.includes(day), fields.weekday.values.includes(weekday)];
    const either = dialect === "robfig" && !fields.day.any && !fields.weekday.any;
    return either ? isDay || isWeekday : isDay && isWeekday;
  };

  let time = (Math.floor(after / SECOND_MS) + 1) * SECOND_MS;
  const lastYear = clock(time).year + SEARCH_YEARS;
  let added = false;

  wrap: while (clock(time).year <= lastYear) {
    while (!fields.month.values.includes(clock(time).month + 1)) {
      const { year, month } = clock(time);
      if (!added) time = at(year, month, 1);
      added = true;
      time = addDate(time, 1, 0);
      if (clock(time).month === 0) continue wrap;
    }
    while (!runsOn(time)) {
      const { year, month, day } = clock(time);
      if (!added) time = at(year, month, day);
      added = true;
      time = addDate(time, 0, 1);
      const { hour } = clock(time);
      // Midnight does not exist on this day.
      if (hour !== 0) time += (hour > 12 ? 24 - hour : -hour) * HOUR_MS;
      if (clock(time).day === 1) continue wrap;
    }
    while (!fields.hour.values.includes(clock(time).hour)) {
      const before = clock(time);
      if (!added) time = at(before.year, before.month, before.day, before.hour);
      added = true;
      const { hour } = clock(time);
      time += HOUR_MS;
      const now = clock(time).hour;
      // A run in an hour that the clock skips happens in the next hour.
      if (dialect === "go-cron" && now - hour === 2 && fields.hour.values.includes(now - 1)) break;
      if (now === 0) continue wrap;
    }
    while (!fields.minute.values.includes(clock(time).minute)) {
      if (!added) time = Math.floor(time / MINUTE_MS) * MINUTE_MS;
      added = true;
      time += MINUTE_MS;
      if (clock(time).minute === 0) continue wrap;
    }
    while (clock(time).second !== 0) {
      added = true;
      time += SECOND_MS;
      if (clock(time).second === 0) continue wrap;
    }
    return time;
  }
  return undefined;
}

const DAY_MS = 24 * HOUR_MS;
/** A Monday. A leap year is the fourth year from here. */
const FIRST_DAY = Date.UTC(2001, 0, 1);

/** The days on which a schedule runs, and the length of time after which they repeat themselves. */
interface RunDays {
  days: number[];
  repeatMs: number;
}

/** Returns the days on which a schedule runs, as instants in UTC. A schedule with both days runs on days that match both. */
export function runDays({ day, month, weekday }: CronFields): RunDays {
  const length = day.any && month.any ? 7 : weekday.any ? 4 * 365 + 1 : 28 * 365 + 7;
  const days = Array.from({ length }, (_, index) => FIRST_DAY + index * DAY_MS).filter((instant) => {
    const date = new Date(instant);
    return (
      month.values.includes(date.getUTCMonth() + 1) &&
      day.values.includes(date.getUTCDate()) &&
      weekday.values.includes(date.getUTCDay())
    );
  });
  return { days, repeatMs: length * DAY_MS };
}

const DAY_MINUTES = 24 * 60;

/**
 * Moves a schedule later by some minutes of the wall clock. If no cron expression can express that, it returns a
 * problem whose text is written to follow a property's path.
 */
export function shiftSchedule(schedule: string, minutes: number): { schedule: string } | { problem: string } {
  if (minutes === 0) return { schedule };
  const cadence = parseCadence(schedule);
  if ("problem" in cadence) return cadence;
  const fields = readCronFields(schedule);
  const cannot = `cannot move "${schedule}" by ${minutes} minute${minutes === 1 ? "" : "s"}`;
  if (!fields) return { problem: `${cannot}: only five cron fields can be moved, such as "0 */12 * * *"` };

  const { minute, hour, day, month, weekday } = fields;
  const later = timesOfDay(fields).map((time) => time + minutes);
  const nextDay = later.some((time) => time >= DAY_MINUTES);
  if (nextDay && ![day, month, weekday].every(({ any }) => any))
    return {
      problem: `${cannot}: past midnight its days would be others; take an earlier time or a shorter spread`,
    };

  const times = later.map((time) => time % DAY_MINUTES);
  const hours = distinct(times.map((time) => Math.floor(time / 60)));
  const minutesOfHour = distinct(times.map((time) => time % 60));
  // Cron runs at every listed minute of every listed hour. That is too often if only some of the times move into the
  // next hour.
  if (hours.length * minutesOfHour.length !== times.length)
    return {
      problem: `${cannot}: no cron expression runs at exactly ${some(times)}; take a single minute, or a shorter spread`,
    };
  const moved = [
    textOf(minutesOfHour, minute, 60),
    textOf(hours, hour, 24),
    day.text,
    month.text,
    weekday.text,
  ];
  return { schedule: fields.prefix + moved.join(" ") };
}

const distinct = (values: number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b);

/** Keeps the original text if the values are the same. */
function textOf(values: number[], before: CronField, all: number): string {
  if (values.join() === before.values.join()) return before.text;
  return values.length === all ? "*" : values.join(",");
}

/** Returns a short list of times: "02:45, 03:15 and 22 more". */
function some(times: number[]): string {
  const clock = (time: number) =>
    [Math.floor(time / 60), time % 60].map((part) => String(part).padStart(2, "0")).join(":");
  const [shown, more] = [times.slice(0, 3).map(clock), times.length - 3];
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  return shown.join(" and ");
}

/**
 * Returns the minutes by which a cluster's schedule runs later within a `spread`: at least 0, and less than the spread.
 * They depend only on the cluster key. So adding or removing clusters does not change the time of any other cluster.
 */
export function offsetOf(key: string, spreadMs: number): number {
  const choices = Math.max(1, Math.ceil(spreadMs / 60_000));
  return Number.parseInt(shortHash(8, key), 16) % choices;
}
