import { parseCadence } from "./cadence.ts";

/** A schedule taken apart, nicknames spelt out. */
export interface CronFields {
  /** `CRON_TZ=Europe/Berlin `, or nothing. */
  prefix: string;
  timezone: string | undefined;
  minute: CronField;
  hour: CronField;
  day: CronField;
  month: CronField;
  weekday: CronField;
}

export interface CronField {
  text: string;
  /** What it stands for, ascending. */
  values: number[];
  /** It is `*`, and restricts nothing. Of days and weekdays one that does leaves all to the other. */
  any: boolean;
}

/** Undefined for what `parseCadence` refuses, and for `@every`, which has no fields. */
export function readCronFields(schedule: string): CronFields | undefined {
  if ("problem" in parseCadence(schedule)) return undefined;
  const { prefix, timezone, expression } = splitSchedule(schedule);
  const texts = (nicknames[expression] ?? expression).split(/\s+/);
  const fields = texts.map((text, index) => readField(text, bounds[index]));
  if (fields.length !== bounds.length || fields.some(({ values }) => values.length === 0)) return undefined;
  const [minute, hour, day, month, weekday] = fields as [
    CronField,
    CronField,
    CronField,
    CronField,
    CronField,
  ];
  return { prefix, timezone, minute, hour, day, month, weekday };
}

/** When it runs on a day on which it does: minutes since midnight. */
export const timesOfDay = ({ hour, minute }: CronFields): number[] =>
  hour.values.flatMap((hour) => minute.values.map((minute) => hour * 60 + minute));

/** The time zone in front, and what comes after it. */
export function splitSchedule(schedule: string): Pick<CronFields, "prefix" | "timezone"> & {
  expression: string;
} {
  const [, prefix = "", timezone, expression = ""] =
    /^((?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(schedule.trim()) ?? [];
  return { prefix, timezone, expression };
}

const nicknames: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface Bounds {
  lowest: number;
  highest: number;
  names: string[];
}

const bounds: Bounds[] = [
  { lowest: 0, highest: 59, names: [] },
  { lowest: 0, highest: 23, names: [] },
  { lowest: 1, highest: 31, names: [] },
  { lowest: 1, highest: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { lowest: 0, highest: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];

/** No values at all where one part of the field makes no sense. */
function readField(text: string, within: Bounds | undefined): CronField {
  const parts = text.split(",");
  const each = within ? parts.map((part) => valuesOf(part, within)) : [];
  return {
    text,
    values: each.some(({ length }) => length === 0)
      ? []
      : [...new Set(each.flat())].toSorted((a, b) => a - b),
    any: parts.some((part) => /^[*?](\/0*1)?$/.test(part)),
  };
}

function valuesOf(part: string, { lowest, highest, names }: Bounds): number[] {
  const [, from = "", to, step] = /^([*?]|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  const numberOf = (word: string) =>
    names.includes(word.toLowerCase()) ? lowest + names.indexOf(word.toLowerCase()) : Number(word || NaN);
  const first = /[*?]/.test(from) ? lowest : numberOf(from);
  // "5/15" goes on to the end, as "5-59/15" does.
  const last = to === undefined ? (/\w/.test(from) && step === undefined ? first : highest) : numberOf(to);
  if (!(first >= lowest && last <= highest) || step === "0") return [];
  const count = Math.floor((last - first) / Number(step ?? 1)) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * Number(step ?? 1));
}
