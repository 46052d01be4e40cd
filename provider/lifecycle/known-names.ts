import type * as v from "valibot";
import { nearestNames } from "../nearest-names.ts";

/** The parts of a schema that lead further in. Each kind of schema has some of them. */
interface Shape {
  type: string;
  entries?: Record<string, v.GenericSchema>;
  item?: v.GenericSchema;
  value?: v.GenericSchema;
  wrapped?: v.GenericSchema;
  options?: readonly unknown[];
  getter?: (input: unknown) => v.GenericSchema;
}

/** The properties that there may be at that path of a value. */
export function knownNames(schema: v.GenericSchema, path: readonly unknown[], value: unknown): string[] {
  const { type, entries, item, value: each, wrapped, options, getter } = schema as unknown as Shape;
  if (wrapped) return knownNames(wrapped, path, value);
  if (getter) return knownNames(getter(value), path, value);
  if (type === "union" && options)
    return options.flatMap((option) => knownNames(option as v.GenericSchema, path, value));
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(entries ?? {});
  const next = entries?.[String(key)] ?? item ?? (type === "record" ? each : undefined);
  return next ? knownNames(next, rest, (value as Record<string, unknown> | undefined)?.[String(key)]) : [];
}

/** A name that is meant may be misspelt, or be but a part of the right one. */
export function meantNames(word: string, known: readonly string[]): string[] {
  const near = nearestNames(word, known);
  if (near.length > 0 || word.length < SHORTEST_PART) return near;
  return known.filter((name) => name.toLowerCase().includes(word.toLowerCase())).slice(0, MOST);
}

const SHORTEST_PART = 4;
const MOST = 3;
