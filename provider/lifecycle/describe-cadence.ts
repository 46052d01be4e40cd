import { type CronFields, ownZone, readCronFields, splitSchedule } from "./cron-fields.ts";
import { parseDuration } from "./go-duration.ts";
import { type Rhythm, rhythmOf } from "./rhythm.ts";

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
