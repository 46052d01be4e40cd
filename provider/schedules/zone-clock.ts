/**
 * Converts between instants and the wall clock of a time zone. Wall-clock times are milliseconds as `Date.UTC` counts
 * them.
 */
export interface ZoneClock {
  wallOf: (instant: number) => number;
  instantOf: (wall: number) => number;
}

/** A time zone: an IANA name, or a fixed number of minutes east of UTC. */
export type Zone = string | number;

/** Returns the clock of a time zone. Returns undefined for an unknown name. */
export function zoneClock(zone: Zone): ZoneClock | undefined {
  if (!known.has(zone)) known.set(zone, make(zone));
  return known.get(zone);
}

/** Creating a formatter takes a millisecond. */
const known = new Map<Zone, ZoneClock | undefined>();

function make(zone: Zone): ZoneClock | undefined {
  const offsetAt = typeof zone === "number" ? () => zone * 60_000 : offsetsOf(zone);
  return (
    offsetAt && {
      wallOf: (instant) => instant + offsetAt(instant),
      // Does the same as Go's `time.Date` for a wall-clock time that does not exist or exists twice.
      instantOf: (wall) => {
        const first = offsetAt(wall);
        return first === 0 ? wall : wall - offsetAt(wall - first);
      },
    }
  );
}

function offsetsOf(zone: string): ((instant: number) => number) | undefined {
  if (zone === "UTC") return () => 0;
  // Go reads time zones from files. So names are case-sensitive, and an offset such as +01:00 is no name.
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

/** Returns how many minutes the zone's clock is ahead of UTC at an instant. */
export function offsetAt(zone: Zone, instant: number): number | undefined {
  const clock = zoneClock(zone);
  return clock && (clock.wallOf(instant) - instant) / 60_000;
}

const HOUR_MS = 3_600_000;
/** In these years, clock changes fall on each day of the week. */
const [FROM, TO] = [Date.UTC(2024, 0), Date.UTC(2035, 0)];
/** No clock changes twice within this time. */
const STEP = 10 * 24 * HOUR_MS;

/**
 * Returns the instants of clock changes in a fixed range of years, to the hour. The result does not depend on the
 * current time.
 */
export const changesOf = (zone: string): number[] => changesBetween(zone, FROM, TO);

/**
 * Returns the instants of clock changes between two times, to the hour. It may include changes up to ten days before
 * `from` or after `to`.
 */
function changesBetween(zone: string, from: number, to: number): number[] {
  const changes: number[] = [];
  for (let start = FROM + Math.floor((from - FROM) / STEP) * STEP; start < to; start += STEP) {
    const change = changeWithin(zone, start);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** Computing an offset is slow, and the same steps are needed again and again. */
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

/** The known facts about the time zone of a server. */
export interface ZoneEvidence {
  /**
   * The zone that the server's settings declare, and others in which it may run nevertheless. Empty if the settings
   * cannot be read.
   */
  declared: readonly Zone[];
  /** The number of minutes that the server's clock was ahead of UTC at an instant. */
  seen?: { at: number; offset: number } | undefined;
}

/**
 * Returns the zones in which a server may run, given its clock between two instants. An observed offset confirms the
 * declared zone, or adds others: the settings may have changed since. An offset alone does not identify a zone. So all
 * zones with that offset are added if their clocks change in that time.
 */
export function possibleZones({ declared, seen }: ZoneEvidence, from: number, to: number): readonly Zone[] {
  if (!seen) return declared.length > 0 ? declared : [...everyOffset, ...changingZones(from, to)];
  const had = (zone: Zone) => offsetAt(zone, seen.at) === seen.offset;
  const [first] = declared;
  if (first !== undefined && had(first)) return declared.filter(had);
  return [...declared, seen.offset, ...changingZones(Math.min(from, seen.at), to).filter(had)];
}

/** All offsets from UTC-12 to UTC+14 in steps of 15 minutes. West is first, because it runs last. */
const everyOffset = Array.from({ length: (12 + 14) * 4 + 1 }, (_, index) => -12 * 60 + index * 15);

/** Returns the zones whose clocks change in that time. Zones with the same changes are listed once. */
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
