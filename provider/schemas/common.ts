import * as v from "valibot";
import { durationAdvice, isPointInTime, parseDuration, pointInTimeAdvice } from "../core/durations.ts";
import { oneOf } from "../core/validate.ts";

/**
 * Schemas that several kinds share, except for those of stores. Each kind's own schemas are in the file of that kind.
 */
export const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

export const duration = v.pipe(
  v.string(),
  v.check(
    (value) => parseDuration(value) !== undefined,
    (issue) => durationAdvice(issue.input),
  ),
);

export const pointInTime = v.pipe(
  text,
  v.check(isPointInTime, (issue) => pointInTimeAdvice(issue.input)),
);

/** A lineage as `newLineage` makes it. */
export const lineage = v.pipe(
  text,
  v.regex(/^[0-9a-f]{16}$/, "is no lineage: those are 16 of 0-9 and a-f, as the refusal prints them"),
);

/** The owner, for the schema of every kind that does not create a lineage. */
export const identity = { owner: text, lineage: text, adoptLineage: v.optional(lineage) };

const reference = oneOf({ env: text, file: text }, "kind of reference");

// For an object, a union would report only that no member matches.
export const secret = v.lazy((value) => (typeof value === "object" && value !== null ? reference : text));

/**
 * Each kind has its own rule that one connection is given, because only the kind knows what the user calls the cluster.
 */
export const connection = v.strictObject({
  kubeconfig: v.optional(secret),
  ambient: v.optional(v.literal(true)),
  offline: v.optional(v.literal(true)),
  context: v.optional(text),
});

export const timeouts = v.strictObject({
  create: v.optional(duration),
  update: v.optional(duration),
  delete: v.optional(duration),
});

export const preflight = v.picklist(["on", "strict", "off"]);

export const onUnhealthy = v.picklist(["fail", "skip"]);

export const deletionPolicy = v.picklist(["retain", "delete"]);

/** Decides whether an `up` fails or skips a cluster that is unreachable or unhealthy. */
export type OnUnhealthy = "fail" | "skip";
