import { type Cadence, parseCadence } from "./cadence.ts";
import { CALENDAR_DAYS, daysOfCalendar } from "./days-of-calendar.ts";
import { type CronFields, ownZone, readCronFields, timesOfDay } from "./cron-fields.ts";
import { changesOf } from "./zone-clock.ts";

/** How often a schedule runs. */
export interface Rhythm {
  longestGapMs: number;
  meanGapMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/**
 * Counted on the calendar and the wall clock, not from now: the same on every day and every machine. Where a schedule
 * names its time zone, the longest gap is that of a day on which the clock is changed, if that is longer. Undefined for what `parseCadence` refuses.
 */
export function rhythmOf(schedule: string): Rhythm | undefined {
  if (!known.has(schedule)) known.set(schedule, compute(schedule));
  return known.get(schedule);
}

/** It takes milliseconds, and many backups have one schedule. */
const known = new Map<string, Rhythm | undefined>();

function compute(schedule: string): Rhythm | undefined {
  const cadence = parseCadence(schedule);
  if ("problem" in cadence) return undefined;
  const fields = readCronFields(schedule);
  if (fields) {
    const { longestGapMs, meanGapMs } = rhythmOfFields(fields);
    const zone = ownZone(fields.timezone);
    const atChanges = zone === undefined ? 0 : gapAtChanges(zone, cadence, longestGapMs);
    return { longestGapMs: Math.max(longestGapMs, atChanges), meanGapMs };
  }
  // What has no fields is `@every`.
  const length = cadence.next(new Date(0))?.getTime();
  return length === undefined ? undefined : { longestGapMs: length, meanGapMs: length };
}

function rhythmOfFields(fields: CronFields): Rhythm {
  const times = timesOfDay(fields);
  const days = daysOfCalendar(fields);
  const [firstDay = 0, firstTime = 0, lastTime = 0] = [days[0], times[0], times.at(-1)];
  const overnight = longestStep([...days, firstDay + CALENDAR_DAYS]) * DAY_MINUTES - (lastTime - firstTime);
  return {
    longestGapMs: Math.max(longestStep(times), overnight) * MINUTE_MS,
    meanGapMs: (CALENDAR_DAYS / days.length / times.length) * DAY_MINUTES * MINUTE_MS,
  };
}

/** A schedule that runs more often between two changes of the clock has no gap there of which anybody takes note. */
const MOST_RUNS = 100;

/** The longest time between two runs of which the zone's clock is changed. */
function gapAtChanges(timezone: string, cadence: Cadence, usualMs: number): number {
  const gaps = changesOf(timezone).map((change) => {
    let longest = 0;
    let run = cadence.next(new Date(change - usualMs - DAY_MINUTES * MINUTE_MS));
    for (let count = 0; run && run.getTime() <= change && count < MOST_RUNS; count++) {
      const next = cadence.next(run);
      longest = Math.max(longest, (next?.getTime() ?? 0) - run.getTime());
      run = next;
    }
    return longest;
  });
  return Math.max(0, ...gaps);
}

const longestStep = (ascending: number[]): number =>
  ascending.reduce((longest, value, index) => Math.max(longest, value - (ascending[index - 1] ?? value)), 0);
