const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * RFC 3339 with `Z` or an offset. `Date.parse` takes much else, reads it in the time zone of the machine that it runs
 * on, and makes 1 March of 29 February.
 */
export function isPointInTime(text: string): boolean {
  const [, day] = RFC_3339.exec(text) ?? [];
  if (day === undefined) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** A sentence that helps, for a value that is none. */
export const pointInTimeAdvice = (text: string): string =>
  `"${text}" is no point in time: write 2026-12-23T02:00:00Z, or with an offset 2026-12-23T02:00:00+01:00`;
