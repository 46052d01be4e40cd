import { createHash } from "node:crypto";

/** JSON with sorted keys and without undefined: the wire does not keep the order of keys (pulumi/pulumi#16582). */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(entriesByKey(inner as Record<string, unknown>))
      : inner,
  );
}

/** In one order always: the wire does not keep any. */
export const entriesByKey = <T>(map: Record<string, T>): [string, T][] =>
  Object.entries(map).toSorted(([one], [other]) => (one < other ? -1 : 1));

export const same = (a: unknown, b: unknown): boolean => canonical(a ?? null) === canonical(b ?? null);

/** The first `length` hex digits of a hash over the values. */
export const shortHash = (length: number, ...values: unknown[]): string =>
  createHash("sha256").update(canonical(values)).digest("hex").slice(0, length);

export const pick = <T extends object>(from: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as Partial<T>;

export const omit = <T extends object>(from: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key))) as Partial<T>;

/**
 * How a value that is not known yet reaches a dynamic provider, whatever its type should have been: in previews, and
 * in a real `up` during the engine's analysis of a delete-before-replace (pulumi/pulumi#6310).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Unknown, or a string that we made from an unknown one. */
export const isUnknown = (value: unknown): boolean => typeof value === "string" && value.includes(UNKNOWN);

/**
 * `news` with everything that is not known yet as it is in `state`: an unknown is no change. A list with an unknown
 * in it counts as unknown altogether.
 */
export const assumeUnchanged = <T>(news: T, state: T): T => assume(news, state) as T;

function assume(news: unknown, state: unknown): unknown {
  if (!hasUnknown(news)) return news;
  if (!isRecord(news) || !isRecord(state)) return state;
  const known = Object.entries(news)
    .map(([key, value]) => [key, assume(value, state[key])] as const)
    .filter(([, value]) => value !== undefined);
  return known.length > 0 ? Object.fromEntries(known) : state;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether anything in it is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}
