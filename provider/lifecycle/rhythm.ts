import { parseCadence } from "./cadence.ts";
import { type CronFields, readCronFields, splitSchedule, timesOfDay } from "./cron-fields.ts";

/** How often a schedule runs. */
export interface Rhythm {
  longestGapMs: number;
  meanGapMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/**
 * Counted on the calendar and the wall clock, not from now: the same on every day and every machine, and a day has
 * 24 hours, also where the clocks change. Undefined for what `parseCadence` refuses.
 */
export function rhythmOf(schedule: string): Rhythm | undefined {
  if (!known.has(schedule)) known.set(schedule, compute(schedule));
  return known.get(schedule);
}

/** It takes milliseconds, and many backups have one schedule. */
const known = new Map<string, Rhythm | undefined>();

function compute(schedule: string): Rhythm | undefined {
  const fields = readCronFields(schedule);
  if (fields) return rhythmOfFields(fields);
  const length = lengthOfEvery(schedule);
  return length === undefined ? undefined : { longestGapMs: length, meanGapMs: length };
}

function lengthOfEvery(schedule: string): number | undefined {
  const cadence = parseCadence(schedule);
  if ("problem" in cadence || !splitSchedule(schedule).expression.startsWith("@every")) return undefined;
  return cadence.next(new Date(0))?.getTime();
}

function rhythmOfFields(fields: CronFields): Rhythm {
  const times = timesOfDay(fields);
  const days = daysOf(fields);
  const [firstDay = 0, firstTime = 0, lastTime = 0] = [days[0], times[0], times.at(-1)];
  const overnight = longestStep([...days, firstDay + CALENDAR_DAYS]) * DAY_MINUTES - (lastTime - firstTime);
  return {
    longestGapMs: Math.max(longestStep(times), overnight) * MINUTE_MS,
    meanGapMs: (CALENDAR_DAYS / days.length / times.length) * DAY_MINUTES * MINUTE_MS,
  };
}

const longestStep = (ascending: number[]): number =>
  ascending.reduce((longest, value, index) => Math.max(longest, value - (ascending[index - 1] ?? value)), 0);

/** After 28 years the calendar repeats itself, weekdays and leap days included. */
const CALENDAR_DAYS = 28 * 365 + 7;
const FIRST_DAY = Date.UTC(2001, 0, 1);

/** The days on which it runs, counted from the first one. */
function daysOf({ day, month, weekday }: CronFields): number[] {
  const [days, months, weekdays] = [day, month, weekday].map(({ values }) => new Set(values));
  return Array.from({ length: CALENDAR_DAYS }, (_, index) => index).filter((index) => {
    const date = new Date(FIRST_DAY + index * DAY_MINUTES * MINUTE_MS);
    if (!months?.has(date.getUTCMonth() + 1)) return false;
    // Both, as `parseCadence` has it.
    return days?.has(date.getUTCDate()) && weekdays?.has(date.getUTCDay());
  });
}
