import { changesBetween, offsetAt, type Zone } from "./zone-clock.ts";

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
