import * as v from "valibot";
import type { Failure } from "./handler.ts";
import { isUnknown } from "./values.ts";

/** Maps the schema's names at a path to the names that a program may use there. */
export type NamesInProgram = (path: string, names: readonly string[]) => readonly string[];

/**
 * Returns all failures of a value at once, each with its property path. Unknown values are valid: a failure whose path
 * leads to or through an unknown is dropped.
 */
export function validate(
  schema: v.GenericSchema,
  value: unknown,
  namesInProgram: NamesInProgram = (_path, names) => names,
): Failure[] {
  const result = v.safeParse(schema, value);
  if (result.success) return [];
  return result.issues
    .filter((issue) => !leadsToUnknown(issue))
    .flatMap((issue) =>
      isStray(issue)
        ? strayNames(issue, schema, value, namesInProgram)
        : [{ path: v.getDotPath(issue) ?? "", reason: explain(issue) }],
    );
}

const isStray = ({ kind, type, expected }: v.BaseIssue<unknown>): boolean =>
  kind === "schema" && type === "strict_object" && expected === "never";

/** Returns all unknown properties of an object. valibot reports only the first one. */
function strayNames(
  { path = [] as never }: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  value: unknown,
  namesInProgram: NamesInProgram,
): Failure[] {
  const parents = path.slice(0, -1).map(({ key }) => String(key));
  const known = knownNames(schema, parents, value);
  const sayable = namesInProgram(parents.join("."), known);
  const names = Object.keys(path.at(-1)?.input ?? {}).filter((name) => !known.includes(name));
  return names.map((name) => {
    const meant = meantNames(name, sayable).map((each) => `\`${each}\``);
    const question = meant.length > 0 ? ` (is ${meant.join(" or ")} meant?)` : "";
    return {
      path: [...parents, name].join("."),
      reason: `there is no such property here${question}: mend its spelling, or take it out`,
    };
  });
}

function leadsToUnknown(issue: v.BaseIssue<unknown>): boolean {
  return (
    isUnknown(issue.input) ||
    (issue.path ?? []).some(({ input, value }) => isUnknown(input) || isUnknown(value))
  );
}

function explain(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema") {
    if (issue.input === undefined) return "is required";
    if (issue.type === "picklist")
      return `must be one of ${issue.expected?.replace(/^\(|\)$/g, "").replaceAll(" | ", ", ")}`;
    if (issue.expected) return `must be ${issue.expected}, not ${shapeOf(issue.input)}`;
  }
  return issue.message;
}

/** Describes the type of a value. It never shows the value: it may be a secret in the wrong place. */
function shapeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** The type of an object that has these schemas for its properties. */
export type InferEntries<Entries extends v.ObjectEntries> = v.InferOutput<
  v.StrictObjectSchema<Entries, undefined>
>;

/** An object with exactly one of several keys. */
type OneOf<Entries extends v.ObjectEntries> = {
  [Key in keyof Entries]: { [Only in Key]: v.InferOutput<Entries[Key]> };
}[keyof Entries];

/** Makes a schema for an object with exactly one of several keys: `{ minio: { … } }`. */
export const oneOf = <Entries extends v.ObjectEntries>(
  entries: Entries,
  what: string,
): v.GenericSchema<unknown, OneOf<Entries>> => {
  const options = Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, v.optional(entry)]));
  const keys = Object.keys(entries).map((key) => `"${key}"`);
  return v.pipe(
    v.strictObject(options),
    v.check(
      (value) => Object.values(value).filter((inner) => inner !== undefined).length === 1,
      `needs exactly one ${what}: ${keys.join(" or ")}`,
    ),
  ) as unknown as v.GenericSchema<unknown, OneOf<Entries>>;
};

/** The parts of a schema that lead to inner schemas. Each type of schema has some of them. */
interface Shape {
  type: string;
  entries?: Record<string, v.GenericSchema>;
  item?: v.GenericSchema;
  value?: v.GenericSchema;
  wrapped?: v.GenericSchema;
  options?: readonly unknown[];
  getter?: (input: unknown) => v.GenericSchema;
}

/** Returns the valid properties at a path of a value. */
function knownNames(schema: v.GenericSchema, path: readonly unknown[], value: unknown): string[] {
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

/** Returns the names that may be meant: the word may be misspelt, or a part of the right name. */
function meantNames(word: string, known: readonly string[]): string[] {
  const near = nearestNames(word, known);
  if (near.length > 0 || word.length < SHORTEST_PART) return near;
  return known.filter((name) => name.toLowerCase().includes(word.toLowerCase())).slice(0, MOST);
}

const SHORTEST_PART = 4;
const MOST = 3;

/** Returns how many letters of a misspelt word of that length may be wrong. */
const mistakesIn = (word: string): number => Math.max(1, Math.min(3, Math.floor(word.length / 4)));

interface How {
  /** The number of letters that may be wrong. */
  mistakes?: number;
  /** The number of names that are returned. */
  most?: number;
}

/** Returns the names that a misspelt word may stand for: the nearest ones. Upper and lower case are the same. */
export function nearestNames(
  word: string,
  known: Iterable<string>,
  { mistakes = mistakesIn(word), most = 3 }: How = {},
): string[] {
  const measured = [...new Set(known)]
    .filter((name) => Math.abs(name.length - word.length) <= mistakes)
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }));
  const least = Math.min(mistakes, ...measured.map(({ distance }) => distance));
  return measured
    .filter(({ distance }) => distance === least)
    .map(({ name }) => name)
    .toSorted()
    .slice(0, most);
}

/** Counts the letters that have to be added, removed, changed or swapped to turn one word into the other. */
function editDistance(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [
    [],
    Array.from({ length: to.length + 1 }, (_, index) => index),
  ];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

const at = (numbers: readonly number[], index: number): number => numbers[index] ?? Number.POSITIVE_INFINITY;
