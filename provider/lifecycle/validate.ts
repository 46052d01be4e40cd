import * as v from "valibot";
import type { Failure } from "./handler.ts";
import { isUnknown } from "./unknown.ts";

/**
 * All complaints about a value at once, each with its property path. Whatever is not known yet passes: a complaint
 * whose path leads to or through an unknown is dropped.
 */
export function validate(schema: v.GenericSchema, value: unknown): Failure[] {
  const result = v.safeParse(schema, value);
  if (result.success) return [];
  return result.issues.filter((issue) => !leadsToUnknown(issue)).map(toFailure);
}

function leadsToUnknown(issue: v.BaseIssue<unknown>): boolean {
  return (
    isUnknown(issue.input) ||
    (issue.path ?? []).some(({ input, value }) => isUnknown(input) || isUnknown(value))
  );
}

function toFailure(issue: v.BaseIssue<unknown>): Failure {
  return { path: v.getDotPath(issue) ?? "", reason: explain(issue) };
}

function explain(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema") {
    if (issue.type === "strict_object" && issue.expected === "never") {
      return "there is no such property here: mend its spelling, or take it out";
    }
    if (issue.input === undefined) return "is required";
    if (issue.type === "picklist")
      return `must be one of ${issue.expected?.replace(/^\(|\)$/g, "").replaceAll(" | ", ", ")}`;
    if (issue.expected) return `must be ${issue.expected}, not ${shapeOf(issue.input)}`;
  }
  return issue.message;
}

/** Never the value itself: it may be a secret in the wrong place. */
function shapeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** An object of which exactly one key says what it is: `{ minio: { … } }`. */
export const oneOf = <Entries extends v.ObjectEntries>(entries: Entries, what: string) => {
  const options = Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, v.optional(entry)]));
  const keys = Object.keys(entries).map((key) => `"${key}"`);
  return v.pipe(
    v.strictObject(options),
    v.check(
      (value) => Object.values(value).filter((inner) => inner !== undefined).length === 1,
      `needs exactly one ${what}: ${keys.join(" or ")}`,
    ),
  );
};
