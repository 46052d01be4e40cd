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
