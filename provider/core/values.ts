import { createHash } from "node:crypto";

/**
 * Returns JSON with sorted keys and without undefined: the engine does not keep the order of keys
 * (pulumi/pulumi#16582).
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(entriesByKey(inner as Record<string, unknown>))
      : inner,
  );
}

/** Returns the entries sorted by key, because the engine does not keep their order. */
export const entriesByKey = <T>(map: Record<string, T>): [string, T][] =>
  Object.entries(map).toSorted(([one], [other]) => (one < other ? -1 : 1));

export const same = (a: unknown, b: unknown): boolean => canonical(a ?? null) === canonical(b ?? null);

/** Returns the first `length` hex digits of a hash of the values. */
export const shortHash = (length: number, ...values: unknown[]): string =>
  createHash("sha256").update(canonical(values)).digest("hex").slice(0, length);

export const pick = <T extends object>(from: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as Partial<T>;

export const omit = <T extends object>(from: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key))) as Partial<T>;

/**
 * The value that a dynamic provider gets for an unknown value of any type: in previews, and in a real `up` during the
 * engine's analysis of a delete-before-replace (pulumi/pulumi#6310).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Returns true for an unknown value, or a string that we made from one. */
export const isUnknown = (value: unknown): boolean => typeof value === "string" && value.includes(UNKNOWN);

/**
 * Returns `news` with every unknown value replaced by its value in `state`: an unknown is no change. A list with an
 * unknown in it counts as completely unknown.
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

/** Returns true for an object that is no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns true if any part of the value is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}
