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

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 4 * QUARTER_MS;
const DAY_MS = 24 * HOUR_MS;

/** Returns the clock of a time zone. Returns undefined for an unknown name. */
export function zoneClock(zone: Zone): ZoneClock | undefined {
  if (typeof zone === "string" && !isName(zone)) return undefined;
  if (Number.isNaN(offsetAt(zone, 0))) return undefined;
  /** The offsets that this clock has asked for. No clock changes within a quarter of an hour. */
  const known = new Map<number, number>();
  const offset = (instant: number) => {
    const quarter = Math.floor(instant / QUARTER_MS);
    const found = known.get(quarter) ?? Math.round(offsetAt(zone, instant) * MINUTE_MS);
    known.set(quarter, found);
    return found;
  };
  return {
    wallOf: (instant) => instant + offset(instant),
    // Does the same as Go's `time.Date` for a wall-clock time that does not exist or exists twice.
    instantOf: (wall) => {
      const first = offset(wall);
      return first === 0 ? wall : wall - offset(wall - first);
    },
  };
}

/** Returns how many minutes the zone's clock is ahead of UTC at an instant. */
export function offsetAt(zone: Zone, instant: number): number {
  if (typeof zone === "number") return zone;
  return zone === "UTC" ? 0 : timeZones().tzOffset(zone, new Date(instant));
}

/** The package is loaded here because most schedules are in UTC. */
const timeZones = () => require("@date-fns/tz") as typeof import("@date-fns/tz");

const NAMES: readonly string[] = Intl.supportedValuesOf("timeZone");

/**
 * Returns true if the text may be the name of a zone for Go, which reads zones from files: their names are
 * case-sensitive, and offsets such as `+01:00` are none. The package accepts both.
 */
function isName(zone: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[\w+-]+)*$/.test(zone)) return false;
  if (/[+-]\d\d/.test(zone) && !/^Etc\/GMT([+-]1[0-2]|-1[34])$/.test(zone)) return false;
  const lowerCase = zone.toLowerCase();
  return NAMES.every((name) => name === zone || name.toLowerCase() !== lowerCase);
}

/** No zone changes its clock there and back within this time. */
const SHORT_MS = 28 * DAY_MS;

/** Returns the instants of clock changes between two times, to the hour. */
export function changesBetween(zone: string, from: number, to: number): number[] {
  if (to - from < SHORT_MS && offsetAt(zone, from) === offsetAt(zone, to)) return [];
  // The package goes on from the start in whole hours, and beyond the end.
  const start = new Date(Math.floor(from / HOUR_MS) * HOUR_MS);
  return timeZones()
    .tzScan(zone, { start, end: new Date(to) })
    .map(({ date }) => date.getTime())
    .filter((change) => change <= to);
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
  for (const zone of NAMES) {
    const changes = changesBetween(zone, from, to);
    if (changes.length === 0) continue;
    const course = changes.flatMap((change) => [change, offsetAt(zone, change)]);
    alike.set([offsetAt(zone, from), ...course].join(), zone);
  }
  return [...alike.values()];
}
