import type { CronFields } from "./cron-fields.ts";

/** After 28 years the calendar repeats itself, weekdays and leap days included. */
export const CALENDAR_DAYS = 28 * 365 + 7;
const FIRST_DAY = Date.UTC(2001, 0, 1);
const DAY_MS = 24 * 3_600_000;

/** The days on which a schedule runs, counted from the first one of the calendar. */
export function daysOfCalendar({ day, month, weekday }: CronFields): number[] {
  const [days, months, weekdays] = [day, month, weekday].map(({ values }) => new Set(values));
  return Array.from({ length: CALENDAR_DAYS }, (_, index) => index).filter((index) => {
    const date = new Date(FIRST_DAY + index * DAY_MS);
    if (!months?.has(date.getUTCMonth() + 1)) return false;
    // Both: a schedule that names days and weekdays runs where they coincide, since Velero 1.18.3.
    return days?.has(date.getUTCDate()) && weekdays?.has(date.getUTCDay());
  });
}

/** How many years at most pass from one that has a run to the next one that has; undefined where none has. */
export function longestGapInYears(fields: CronFields): number | undefined {
  const years = daysOfCalendar(fields).map((day) => new Date(FIRST_DAY + day * DAY_MS).getUTCFullYear());
  const [first] = years;
  if (first === undefined) return undefined;
  const steps = [...years, first + 28].slice(1).map((year, index) => year - (years[index] ?? year));
  return Math.max(...steps);
}
