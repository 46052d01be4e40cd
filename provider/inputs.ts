import * as v from "valibot";
import { durationAdvice, parseDuration } from "./lifecycle/go-duration.ts";
import { oneOf } from "./lifecycle/validate.ts";
import { endpointProblem } from "./storage/endpoint.ts";

/** Schemas that several kinds share; each kind's own stand beside it in `resources/`. */
export const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

export const duration = v.pipe(
  v.string(),
  v.check(
    (value) => parseDuration(value) !== undefined,
    (issue) => durationAdvice(issue.input),
  ),
);

export const secret = v.pipe(
  v.union([v.string(), v.strictObject({ env: text }), v.strictObject({ file: text })]),
  v.check((value) => value !== "", "must not be empty"),
);

const staticCredentials = v.strictObject({
  accessKeyId: secret,
  secretAccessKey: secret,
  sessionToken: v.optional(secret),
});

const endpoint = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? endpointProblem(dataset.value) : undefined;
    if (problem) addIssue({ message: problem });
  }),
);

const bucket = v.pipe(
  text,
  v.check(
    (value) => !value.includes("/"),
    (issue) => `"${issue.input}" is not a bucket's name: what follows the slash belongs into "prefix"`,
  ),
);

export const storage = oneOf(
  {
    aws: v.strictObject({
      bucket,
      prefix: v.optional(text),
      region: v.optional(text),
      endpoint: v.optional(endpoint),
      forcePathStyle: v.optional(v.boolean()),
      caCertificate: v.optional(secret),
      kmsKeyId: v.optional(text),
      serverSideEncryption: v.optional(text),
      tagging: v.optional(v.record(v.string(), v.string())),
      credentials: oneOf({ static: staticCredentials }, "kind of credentials"),
    }),
    minio: v.strictObject({
      bucket,
      prefix: v.optional(text),
      endpoint,
      region: v.optional(text),
      caCertificate: v.optional(secret),
      credentials: oneOf({ static: staticCredentials }, "kind of credentials"),
    }),
  },
  "kind of store",
);

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

export const deletionPolicy = v.picklist(["retain", "delete"]);
