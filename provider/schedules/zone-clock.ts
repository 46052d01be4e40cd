/** The wall clock of a time zone. Times of the wall are milliseconds as `Date.UTC` counts them. */
export interface ZoneClock {
  wallOf: (instant: number) => number;
  instantOf: (wall: number) => number;
}

/** A time zone: an IANA name, or minutes east of UTC that never change. */
export type Zone = string | number;

/** Undefined for a name that nobody knows. */
export function zoneClock(zone: Zone): ZoneClock | undefined {
  if (!known.has(zone)) known.set(zone, make(zone));
  return known.get(zone);
}

/** A formatter takes a millisecond to make. */
const known = new Map<Zone, ZoneClock | undefined>();

function make(zone: Zone): ZoneClock | undefined {
  const offsetAt = typeof zone === "number" ? () => zone * 60_000 : offsetsOf(zone);
  return (
    offsetAt && {
      wallOf: (instant) => instant + offsetAt(instant),
      // As Go's `time.Date` has it where a time of the wall does not exist or exists twice.
      instantOf: (wall) => {
        const first = offsetAt(wall);
        return first === 0 ? wall : wall - offsetAt(wall - first);
      },
    }
  );
}

function offsetsOf(zone: string): ((instant: number) => number) | undefined {
  if (zone === "UTC") return () => 0;
  // Go reads zones from files: names have their case there, and no offset such as +01:00 is a name.
  if (!/^[A-Z][\w+-]*(\/[\w+-]+)*$/.test(zone) || hasOtherCase(zone)) return undefined;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...PARTS });
    return (instant) => {
      const parts = format.formatToParts(instant);
      const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
      const [year, month, day] = [part("year"), part("month"), part("day")];
      const wall = Date.UTC(year, month - 1, day, part("hour"), part("minute"), part("second"));
      return wall - Math.floor(instant / 1_000) * 1_000;
    };
  } catch {
    return undefined;
  }
}

const PARTS = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
} as const;

let canonical: Map<string, string> | undefined;

function hasOtherCase(zone: string): boolean {
  canonical ??= new Map(Intl.supportedValuesOf("timeZone").map((name) => [name.toLowerCase(), name]));
  return (canonical.get(zone.toLowerCase()) ?? zone) !== zone;
}

/** How many minutes a zone's clock is before UTC at an instant. */
export function offsetAt(zone: Zone, instant: number): number | undefined {
  const clock = zoneClock(zone);
  return clock && (clock.wallOf(instant) - instant) / 60_000;
}

const HOUR_MS = 3_600_000;
/** Years in which the change of a clock falls onto each day of the week. */
const [FROM, TO] = [Date.UTC(2024, 0), Date.UTC(2035, 0)];
/** No clock is changed twice within that time. */
const STEP = 10 * 24 * HOUR_MS;

/** The instants, to the hour, at which a zone's clock is changed in some years: the same whenever it is asked. */
export const changesOf = (zone: string): number[] => changesBetween(zone, FROM, TO);

/** The instants, to the hour, at which a zone's clock is changed; it may return some that are up to ten days before `from` or after `to`. */
function changesBetween(zone: string, from: number, to: number): number[] {
  const changes: number[] = [];
  for (let start = FROM + Math.floor((from - FROM) / STEP) * STEP; start < to; start += STEP) {
    const change = changeWithin(zone, start);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** To ask for an offset is slow, and the same steps are asked for again and again. */
const knownChanges = new Map<string, number | undefined>();

function changeWithin(zone: string, start: number): number | undefined {
  const key = `${zone} ${start}`;
  if (!knownChanges.has(key)) knownChanges.set(key, findChange(zone, start));
  return knownChanges.get(key);
}

function findChange(zone: string, start: number): number | undefined {
  let [low, high] = [start, start + STEP];
  const before = offsetAt(zone, low);
  if (before === offsetAt(zone, high)) return undefined;
  while (high - low > HOUR_MS) {
    const middle = low + Math.floor((high - low) / 2 / HOUR_MS) * HOUR_MS;
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** What is known of the time zone of a server. */
export interface ZoneEvidence {
  /** The zone that its settings say, and others in which it may run all the same. Empty where its settings cannot be seen. */
  declared: readonly Zone[];
  /** How many minutes its clock was before UTC at an instant. */
  seen?: { at: number; offset: number } | undefined;
}

/**
 * The zones in which a server may run, as its clock goes from one instant to another. What was seen confirms what is
 * declared, or adds to it: settings may have been changed since. An offset alone does not tell a zone, and so all
 * zones that had it stand beside it, as far as their clocks are changed in that time.
 */
export function possibleZones({ declared, seen }: ZoneEvidence, from: number, to: number): readonly Zone[] {
  if (!seen) return declared.length > 0 ? declared : [...everyOffset, ...changingZones(from, to)];
  const had = (zone: Zone) => offsetAt(zone, seen.at) === seen.offset;
  const [first] = declared;
  if (first !== undefined && had(first)) return declared.filter(had);
  return [...declared, seen.offset, ...changingZones(Math.min(from, seen.at), to).filter(had)];
}

/** From UTC-12 to UTC+14 by quarters of an hour. West comes first: it runs last. */
const everyOffset = Array.from({ length: (12 + 14) * 4 + 1 }, (_, index) => -12 * 60 + index * 15);

/** The zones whose clocks are changed in that time; one of those that go alike stands for all. */
function changingZones(from: number, to: number): Zone[] {
  const alike = new Map<string, string>();
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const changes = changesBetween(zone, from, to);
    if (changes.length === 0) continue;
    const course = changes.flatMap((change) => [change, offsetAt(zone, change)]);
    alike.set([offsetAt(zone, from), ...course].join(), zone);
  }
  return [...alike.values()];
}
