import { parseDuration } from "../core/deadline.ts";
import { changesBetween } from "./zone-clock.ts";
import { type Cadence, parseCadence, runDays } from "./cadence.ts";
import { type CronFields, ownZone, readCronFields, splitSchedule, timesOfDay } from "./cron-fields.ts";

interface CadenceDescription {
  /** `at 02:00 every day, Europe/Berlin; kept 720h (30 days): about 30 backups`. Empty for an invalid schedule. */
  words: string;
  /** Warnings about the schedule, as `<property>: <sentence>`. */
  notices: string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const VELEROS_TTL = "720h";

/** Describes a schedule in words. The result depends only on the arguments, not on the time or the machine. */
export function describeCadence(
  schedule: string,
  ttl: string | undefined,
  maxAge?: string,
): CadenceDescription {
  const rhythm = rhythmOf(schedule);
  if (!rhythm) return { words: "", notices: [] };
  const fields = readCronFields(schedule);
  const unclear = fields !== undefined && dependsOnServer(fields);
  const kept = keeping(ttl, unclear ? undefined : rhythm);
  return {
    words: [fields ? inWords(fields) : splitSchedule(schedule).expression.slice(1), kept]
      .filter(Boolean)
      .join("; "),
    notices: [
      ...(unclear ? [eitherOrBoth(fields)] : [...surprises(ttl, rhythm), ...tooYoung(maxAge, rhythm)]),
      ...(fields ? weekdaysOfOlder(schedule, fields) : []),
    ],
  };
}

function inWords(fields: CronFields): string {
  const { timezone, minute, hour, day, month, weekday } = fields;
  const expression = [minute, hour, day, month, weekday]
    .map(({ text }) => text.replaceAll("?", "*"))
    .join(" ");
  // The import is here because a program without a schedule does not need it.
  const { toString: describe } = require("cronstrue") as typeof import("cronstrue");
  const sentence = describe(expression, { use24HourTimeFormat: true });
  const everyDay = [day, month, weekday].every(({ any }) => any) && !/[*?]/.test(hour.text);
  const zone = ownZone(timezone) ?? (hour.any ? undefined : "in the time zone of Velero's server");
  return [
    sentence.charAt(0).toLowerCase() + sentence.slice(1) + (everyDay ? " every day" : ""),
    ...(zone ? [zone] : []),
  ].join(", ");
}

function keeping(ttl: string | undefined, rhythm: Rhythm | undefined): string {
  if (ttl === undefined) return `kept for Velero's default, ${VELEROS_TTL} unless its server says otherwise`;
  const length = parseDuration(ttl);
  if (!length) return "";
  const kept = `kept ${ttl}${inDays(length)}`;
  if (!rhythm) return kept;
  if (length < rhythm.meanGapMs) return `${kept}: at most 1 backup`;
  const count = Math.round(length / rhythm.meanGapMs);
  return `${kept}: about ${count} backup${count === 1 ? "" : "s"}`;
}

function surprises(ttl: string | undefined, { longestGapMs }: Rhythm): string[] {
  const length = parseDuration(ttl ?? VELEROS_TTL);
  if (!length || length >= longestGapMs) return [];
  const kept = ttl
    ? `backups are kept ${ttl}`
    : `Velero keeps backups ${VELEROS_TTL} unless its server says otherwise`;
  const gap = `${goDuration(longestGapMs)}${inDays(longestGapMs)}`;
  return [`ttl: ${kept}, and up to ${gap} pass between two of them: for a part of that time there is none`];
}

function tooYoung(maxAge: string | undefined, { longestGapMs }: Rhythm): string[] {
  const length = parseDuration(maxAge ?? "");
  if (!length || length >= longestGapMs) return [];
  const gap = `${goDuration(longestGapMs)}${inDays(longestGapMs)}`;
  return [
    `maxAge: is ${maxAge}, and up to ${gap} pass between two backups: the health is "Stale" for a part of that time`,
  ];
}

/** The step of a weekday ends at Saturday in robfig's parser, and at Sunday (7) in go-cron's. */
function weekdaysOfOlder(schedule: string, { weekday }: CronFields): string[] {
  const before = readCronFields(schedule, "robfig")?.weekday;
  if (!before || before.values.join() === weekday.values.join()) return [];
  return [
    `schedule: weekday ${weekday.text} is ${before.values.join(",")} up to Velero 1.18.2, and ${weekday.values.join(",")} ` +
      `since 1.18.3; name the weekdays one by one`,
  ];
}

/**
 * Returns true if the schedule restricts both days and weekdays. Until 1.18.2 Velero runs on days that match either.
 * Since 1.18.3 it runs on days that match both.
 */
const dependsOnServer = ({ day, weekday }: CronFields): boolean => !day.any && !weekday.any;

const eitherOrBoth = ({ day, weekday }: CronFields): string =>
  `schedule: names days of the month (${day.text}) and weekdays (${weekday.text}): up to 1.18.2 Velero runs on either, ` +
  "since 1.18.3 only on days that are both; make one of them *";

const inDays = (ms: number): string =>
  ms >= 2 * DAY_MS && ms % DAY_MS === 0 ? ` (${ms / DAY_MS} days)` : "";

/** Formats a duration as Go reads it, without zero parts: `1h30m`. */
function goDuration(ms: number): string {
  const parts = [
    [Math.floor(ms / HOUR_MS), "h"],
    [Math.floor((ms % HOUR_MS) / 60_000), "m"],
    [(ms % 60_000) / 1000, "s"],
  ] as const;
  return parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : "")).join("");
}

/** The gaps between the runs of a schedule. */
interface Rhythm {
  longestGapMs: number;
  meanGapMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Computes the gaps from the calendar and the wall clock, not from the current time: the result is the same on every
 * day and every machine. If a schedule names its time zone, the longest gap includes days with a clock change. Returns
 * undefined for schedules that `parseCadence` refuses.
 */
export function rhythmOf(schedule: string): Rhythm | undefined {
  const cadence = parseCadence(schedule);
  if ("problem" in cadence) return undefined;
  const fields = readCronFields(schedule);
  if (fields) {
    const rhythm = rhythmOfFields(fields);
    const zone = ownZone(fields.timezone);
    const atChanges = zone === undefined ? 0 : gapAtChanges(zone, cadence, rhythm);
    return { ...rhythm, longestGapMs: Math.max(rhythm.longestGapMs, atChanges) };
  }
  // A valid schedule without fields is `@every`.
  const length = cadence.next(new Date(0))?.getTime();
  return length === undefined ? undefined : { longestGapMs: length, meanGapMs: length };
}

function rhythmOfFields(fields: CronFields): Rhythm {
  const times = timesOfDay(fields).map((minutes) => minutes * MINUTE_MS);
  const { days, repeatMs } = runDays(fields);
  const [firstDay = 0, firstTime = 0, lastTime = 0] = [days[0], times[0], times.at(-1)];
  const overnight = longestStep([...days, firstDay + repeatMs]) - (lastTime - firstTime);
  return {
    longestGapMs: Math.max(longestStep(times), overnight),
    meanGapMs: repeatMs / days.length / times.length,
  };
}

/** Returns the longest gap that contains a clock change of the time zone, within one fixed year. */
function gapAtChanges(timezone: string, cadence: Cadence, { longestGapMs, meanGapMs }: Rhythm): number {
  const gaps = changesBetween(timezone, Date.UTC(2026, 0), Date.UTC(2027, 0)).map((change) => {
    const lastBefore = (backMs: number): Date | undefined => {
      const run = cadence.next(new Date(change - backMs));
      return run && run.getTime() > change && backMs <= longestGapMs + DAY_MS ? lastBefore(2 * backMs) : run;
    };
    let run = lastBefore(meanGapMs);
    let next = run && cadence.next(run);
    while (next && next.getTime() <= change) [run, next] = [next, cadence.next(next)];
    return run && next ? next.getTime() - run.getTime() : 0;
  });
  return Math.max(0, ...gaps);
}

const longestStep = (ascending: number[]): number =>
  ascending.reduce((longest, value, index) => Math.max(longest, value - (ascending[index - 1] ?? value)), 0);
