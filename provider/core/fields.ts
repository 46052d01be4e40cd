import * as v from "valibot";
import { durationAdvice, isPointInTime, parseDuration, pointInTimeAdvice } from "./deadline.ts";
import { oneOf } from "./validate.ts";

// The schemas of single properties that several kinds share. Types of inputs are inferred from schemas.

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
export const identity = {
  /** The URN, which the SDK makes: the provider's process knows neither stack nor URN. */
  owner: text,
  /** See `identity.ts`. The check of a location creates it. All resources of the location have the same one. */
  lineage: text,
  /** The lineage of a lost state, whose objects this resource adopts. */
  adoptLineage: v.optional(lineage),
};

const reference = oneOf({ env: text, file: text }, "kind of reference");

// For an object, a union would report only that no member matches.
export const secret = v.lazy((value) => (typeof value === "object" && value !== null ? reference : text));

/**
 * A secret as the user declares it: its content, or a reference that the provider resolves at run time, so that the
 * value never enters state. `{ file }` is relative to the program's folder.
 */
export type Secret = v.InferOutput<typeof secret>;

export const timeouts = v.strictObject({
  create: v.optional(duration),
  update: v.optional(duration),
  delete: v.optional(duration),
});

/** The timeouts of our own waits. Velero's limits have Velero's names. */
export type Timeouts = v.InferOutput<typeof timeouts>;

/**
 * Decides whether previews check store and clusters. With `strict`, facts that cannot be read from here are failures.
 */
export const preflight = v.picklist(["on", "strict", "off"]);
export type Preflight = v.InferOutput<typeof preflight>;

/** Decides whether an `up` fails or skips a cluster that is unreachable or unhealthy. */
export const onUnhealthy = v.picklist(["fail", "skip"]);
export type OnUnhealthy = v.InferOutput<typeof onUnhealthy>;

export const deletionPolicy = v.picklist(["retain", "delete"]);

/** How many of something run side by side. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(1, "must be at least 1"));
