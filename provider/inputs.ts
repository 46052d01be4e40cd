import * as v from "valibot";
import { durationAdvice, parseDuration } from "./lifecycle/go-duration.ts";
import { oneOf } from "./lifecycle/validate.ts";

/** Schemas that several kinds share, but for those of stores; each kind's own stand beside it in `resources/`. */
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
  v.check((value) => !Number.isNaN(Date.parse(value)), "is no point in time such as 2026-11-23T02:00:00Z"),
);

const reference = oneOf({ env: text, file: text }, "kind of reference");

// A union would say of an object only that it fits neither.
export const secret = v.lazy((value) => (typeof value === "object" && value !== null ? reference : text));

/** Whether it names a way at all is a rule of each kind: only there is it known what the user calls the cluster. */
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
