import { shortHash } from "../core/values.ts";
import { parseCadence } from "./cadence.ts";
import { type CronField, readCronFields, timesOfDay } from "./cron-fields.ts";

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
