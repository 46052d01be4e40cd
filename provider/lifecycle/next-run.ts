import type { CronDialect, CronFields } from "./cron-fields.ts";
import type { ZoneClock } from "./zone-clock.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Velero's parsers look no further, and Velero takes what has no next run for overdue at all times. */
export const SEARCH_YEARS = 5;

/**
 * The first run after an instant, as `SpecSchedule.Next` of Velero's parser computes it (spec.go of both), with all that
 * it does on the days of clock changes. Undefined where it finds none within five years.
 */
export function nextRun(
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
  /** Go's `AddDate`, which keeps the time of the wall. */
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
      // The day has no midnight.
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
      // An hour that the clock leaves out runs in the one after it.
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
