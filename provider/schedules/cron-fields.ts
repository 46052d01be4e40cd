/**
 * Velero's cron parser: `go-cron` (github.com/netresearch/go-cron v0.15.0) since Velero 1.18.3, and `robfig`
 * (github.com/robfig/cron v3.0.1) from 1.15 to 1.18.2, by the go.mod of those releases.
 */
export type CronDialect = "go-cron" | "robfig";

/** A parsed schedule. Nicknames such as `@daily` are expanded. */
export interface CronFields {
  /** `CRON_TZ=Europe/Berlin `, or an empty string. */
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
  /** The values that the field matches, ascending. */
  values: number[];
  /** True for `*`, which restricts nothing. If only one of day and weekday is `*`, the other one decides. */
  any: boolean;
}

const FIELDS = ["minute", "hour", "day", "month", "weekday"];

/**
 * Parses the five fields of a schedule. Returns undefined for a schedule without five valid fields, such as `@every`.
 * The time zone is not checked.
 */
export function readCronFields(schedule: string, dialect: CronDialect = "go-cron"): CronFields | undefined {
  const fields = parseCronFields(schedule, dialect);
  return "problem" in fields ? undefined : fields;
}

/** Parses the five fields of a schedule. The text of a problem is written to follow the quoted schedule. */
export function parseCronFields(schedule: string, dialect: CronDialect): CronFields | { problem: string } {
  const { prefix, timezone, expression } = splitSchedule(schedule);
  const texts = (nicknames[expression] ?? expression).split(/\s+/).filter(Boolean);
  if (texts.length !== 5) {
    const count = `${texts.length} field${texts.length === 1 ? "" : "s"}`;
    return { problem: `has ${count}; Velero's cron has five: ${FIELDS.join(" ")}` };
  }
  const [, , day = "", , weekday = ""] = texts;
  if (/[LW]/i.test(day) || /[L#]/i.test(weekday) || texts.some((text) => /(^|,)H/.test(text)))
    return { problem: "uses L, W, # or H, which Velero does not know" };
  if (texts.some((text) => /(^|,)\//.test(text)))
    return { problem: "has a step without a range; write */5 for every fifth" };
  const bounds = boundsOf(dialect);
  const fields = texts.map((text, index) => readField(text, bounds[index] as Bounds, dialect));
  const complaints = fields.flatMap((field, index) =>
    "problem" in field ? [`${FIELDS[index]}: ${field.problem}`] : [],
  );
  if (complaints.length > 0)
    return { problem: `is not a cron expression that Velero takes: ${complaints.join("; ")}` };
  const read = fields as [CronField, CronField, CronField, CronField, CronField];
  return { prefix, timezone, minute: read[0], hour: read[1], day: read[2], month: read[3], weekday: read[4] };
}

/** Returns the times at which a schedule runs on a day, as minutes since midnight. */
export const timesOfDay = ({ hour, minute }: CronFields): number[] =>
  hour.values.flatMap((hour) => minute.values.map((minute) => hour * 60 + minute));

/** Splits a schedule into its time zone, without quotes, and the expression. */
export function splitSchedule(schedule: string): Pick<CronFields, "prefix" | "timezone"> & {
  expression: string;
} {
  const [, prefix, zone = "", expression = ""] = /^((?:CRON_)?TZ=([^ ]*) )(.*)$/s.exec(schedule) ?? [];
  if (prefix === undefined) return { prefix: "", timezone: undefined, expression: schedule };
  return { prefix, timezone: /^(["']?)(.*)\1$/s.exec(zone)?.[2] ?? zone, expression: expression.trim() };
}

/**
 * Returns the time zone that the schedule itself sets. In Go, "Local" is the server's own time zone, so it sets none.
 */
export const ownZone = (timezone: string | undefined): string | undefined =>
  timezone === "Local" ? undefined : timezone;

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

const boundsOf = (dialect: CronDialect): Bounds[] => [
  { lowest: 0, highest: 59, names: [] },
  { lowest: 0, highest: 23, names: [] },
  { lowest: 1, highest: 31, names: [] },
  { lowest: 1, highest: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  // go-cron also accepts 7 for Sunday.
  { lowest: 0, highest: dialect === "go-cron" ? 7 : 6, names: "sun mon tue wed thu fri sat".split(" ") },
];

function readField(text: string, within: Bounds, dialect: CronDialect): CronField | { problem: string } {
  // Both parsers ignore an empty part.
  const parts = text
    .split(",")
    .filter(Boolean)
    .map((part) => valuesOf(part, within, dialect));
  const wrong = parts.find((part) => typeof part === "string");
  if (typeof wrong === "string") return { problem: wrong };
  const each = parts as { values: number[]; any: boolean }[];
  const isWeekday = within.names[0] === "sun";
  const values = each.flatMap((part) => part.values).map((value) => (isWeekday && value === 7 ? 0 : value));
  return {
    text,
    values: [...new Set(values)].toSorted((a, b) => a - b),
    any: each.some(({ any }) => any),
  };
}

/** Does the same as `getRange` of both parsers (parser.go): returns the values of a part, or what is wrong with it. */
function valuesOf(
  part: string,
  { lowest, highest, names }: Bounds,
  dialect: CronDialect,
): { values: number[]; any: boolean } | string {
  const [range = "", stepText, ...moreSteps] = part.split("/");
  const [from = "", to, ...moreEnds] = range.split("-");
  const isStar = from === "*" || from === "?";
  const numberOf = (word: string): number => {
    const index = names.indexOf(word.toLowerCase());
    if (index >= 0) return lowest + index;
    return /^\+?\d+$/.test(word) ? Number(word) : NaN;
  };
  if (moreSteps.length > 0) return `"${part}" has two steps`;
  if (!isStar && moreEnds.length > 0) return `"${part}" has two hyphens`;
  const start = isStar ? lowest : numberOf(from);
  const step = stepText === undefined ? 1 : /^\+?\d+$/.test(stepText) ? Number(stepText) : NaN;
  // "5/15" runs to the end of the range, as "5-59/15" does.
  const open = isStar || (to === undefined && stepText !== undefined);
  const end = open ? highest : to === undefined ? start : numberOf(to);
  if ([start, step, end].some(Number.isNaN)) return `"${part}" is no number, name or range`;
  if (start < lowest || end > highest) return `"${part}" is not within ${lowest} and ${highest}`;
  if (step === 0) return `the step of "${part}" is 0`;
  const wraps = start > end;
  if (wraps && dialect === "robfig") return `"${part}" ends before it begins`;
  const all = highest - lowest + 1;
  const size = end - start + 1 + (wraps ? all : 0);
  // The size is unsigned in Go. If it would be negative, no step is too long.
  if (dialect === "go-cron" && step > 1 && size >= 0 && step >= size)
    return `the step of "${part}" is longer than its range`;
  const last = wraps ? end + all : end;
  const count = Math.max(0, Math.floor((last - start) / step) + 1);
  const values = Array.from({ length: count }, (_, index) => start + index * step);
  return {
    values: values.map((value) => (value > highest ? ((value - lowest) % all) + lowest : value)),
    any: isStar && step === 1,
  };
}
