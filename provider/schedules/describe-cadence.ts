import { parseDuration } from "../core/durations.ts";
import { changesOf } from "./zone-clock.ts";
import { type Cadence, CALENDAR_DAYS, daysOfCalendar, parseCadence } from "./cadence.ts";
import { type CronFields, ownZone, readCronFields, splitSchedule, timesOfDay } from "./cron-fields.ts";

export interface CadenceDescription {
  /** `at 02:00 every day, Europe/Berlin; kept 720h (30 days): about 30 backups`, or nothing for what is no schedule. */
  words: string;
  /** What will surprise, as `<property>: <sentence>`. */
  notices: string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const VELEROS_TTL = "720h";

/** The same for the same texts, whenever and wherever it is asked. */
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
  // Only here, since a program without a schedule has no use for it.
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

/** For robfig's parser a weekday's step ends at Saturday, for go-cron's at Sunday, which is 7 there. */
function weekdaysOfOlder(schedule: string, { weekday }: CronFields): string[] {
  const before = readCronFields(schedule, "robfig")?.weekday;
  if (!before || before.values.join() === weekday.values.join()) return [];
  return [
    `schedule: weekday ${weekday.text} is ${before.values.join(",")} up to Velero 1.18.2, and ${weekday.values.join(",")} ` +
      `since 1.18.3; name the weekdays one by one`,
  ];
}

/** Velero's parser until 1.18.2 takes days of the month or weekdays, that of 1.18.3 takes what is both. */
const dependsOnServer = ({ day, weekday }: CronFields): boolean => !day.any && !weekday.any;

const eitherOrBoth = ({ day, weekday }: CronFields): string =>
  `schedule: names days of the month (${day.text}) and weekdays (${weekday.text}): up to 1.18.2 Velero runs on either, ` +
  "since 1.18.3 only on days that are both; make one of them *";

const inDays = (ms: number): string =>
  ms >= 2 * DAY_MS && ms % DAY_MS === 0 ? ` (${ms / DAY_MS} days)` : "";

/** As Go's grammar has it, without parts that are nothing: `1h30m`. */
function goDuration(ms: number): string {
  const parts = [
    [Math.floor(ms / HOUR_MS), "h"],
    [Math.floor((ms % HOUR_MS) / 60_000), "m"],
    [(ms % 60_000) / 1000, "s"],
  ] as const;
  return parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : "")).join("");
}

/** How often a schedule runs. */
interface Rhythm {
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
