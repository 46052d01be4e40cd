import * as v from "valibot";
import * as schemas from "../../inputs.ts";
import type { Connection } from "../../kubernetes/connection.ts";
import { parseCadence } from "../../lifecycle/cadence.ts";
import { same } from "../../lifecycle/canonical.ts";
import type { CommonInputs, KindOfInputs, Preflight } from "../../lifecycle/check.ts";
import type { Timeouts } from "../../lifecycle/deadline.ts";
import { parseDuration } from "../../lifecycle/go-duration.ts";
import { nameOf, objectName } from "../../lifecycle/identity.ts";
import { assumeUnchanged, hasUnknown, isUnknown, UNKNOWN } from "../../lifecycle/unknown.ts";
import type { Access, Credentials, StorageConfig } from "../../storage/storage-config.ts";
import { access, anyCredentials, storage, wayRules } from "../../storage-inputs.ts";
import { connectionRules } from "../cluster-location/inputs.ts";
import type { OnUnhealthy } from "../skip-unhealthy.ts";
import { type SelectionInputs, selectionOf } from "./selection.ts";

export interface ClusterBackupInputs extends CommonInputs, SelectionInputs {
  /** Key of the cluster among the location's. */
  cluster: string;
  location: LocationReference;
  connection: Connection;
  /** With `credentials` and `access` the program's own way to the store; absent where it has none. */
  storage?: StorageConfig | undefined;
  credentials?: Credentials | undefined;
  access?: Access | undefined;
  schedule?: string | undefined;
  paused?: boolean | undefined;
  skipImmediately?: boolean | undefined;
  runNow?: boolean | undefined;
  triggers?: unknown[] | undefined;
  deletionPolicy?: "retain" | "delete" | undefined;
  allowPartialFailure?: boolean | undefined;
  onUnhealthy?: OnUnhealthy | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
  /** Computed: the Schedule's name, or what a Backup's name begins with. */
  objectName: string;
}

/** Where it goes: outputs of the ClusterLocation, known in previews since its `check` computes them. */
export interface LocationReference {
  /** URN of the ClusterLocation. */
  owner: string;
  locationName: string;
  namespace: string;
  storePrefix: string;
  /** Another stack's, which does not contact the cluster: a location that is missing there is not made. */
  offline?: true | undefined;
}

const schedule = v.pipe(
  schemas.text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isUnknown(dataset.value)) return;
    const cadence = parseCadence(dataset.value);
    if ("problem" in cadence) addIssue({ message: `${cadence.problem}. Every night at two is "0 2 * * *"` });
  }),
);

const schema = v.strictObject({
  owner: schemas.text,
  cluster: schemas.text,
  location: v.strictObject({
    owner: schemas.text,
    locationName: schemas.text,
    namespace: schemas.text,
    storePrefix: schemas.text,
    offline: v.optional(v.literal(true)),
  }),
  connection: schemas.connection,
  storage: v.optional(storage),
  credentials: v.optional(anyCredentials),
  access: v.optional(access),
  schedule: v.optional(schedule),
  paused: v.optional(v.boolean()),
  skipImmediately: v.optional(v.boolean()),
  runNow: v.optional(v.boolean()),
  triggers: v.optional(v.array(v.unknown())),
  deletionPolicy: v.optional(schemas.deletionPolicy),
  allowPartialFailure: v.optional(v.boolean()),
  onUnhealthy: v.optional(schemas.onUnhealthy),
  timeouts: v.optional(schemas.timeouts),
  preflight: v.optional(schemas.preflight),
  includedNamespaces: v.optional(v.array(schemas.text)),
  includeClusterResources: v.optional(v.boolean()),
  ttl: v.optional(
    v.pipe(
      schemas.duration,
      v.check(
        (value) => parseDuration(value) !== 0,
        "must be longer than nothing: Velero reads 0 as its default of 720h",
      ),
    ),
  ),
  volumes: v.optional(v.picklist(["snapshot", "none"])),
});

export const isScheduled = (inputs: ClusterBackupInputs): boolean => inputs.schedule !== undefined;

/** What cannot change under one object: for a backup that was taken, everything that it captured. */
export function replacedBy(inputs: ClusterBackupInputs): Record<string, unknown> {
  const always = { cluster: inputs.cluster, schedule: isScheduled(inputs) ? "scheduled" : "on demand" };
  if (isScheduled(inputs)) return always;
  const { locationName, namespace } = inputs.location;
  return {
    ...always,
    ...selectionOf(inputs),
    location: { locationName, namespace },
    triggers: inputs.triggers ?? [],
  };
}

const declaredAs = ({ cluster }: ClusterBackupInputs, path: string): string =>
  path
    .replace(/^connection\b/, `clusters.${cluster}`)
    .replace(/^credentials\b/, `clusters.${cluster}.credentials`);

export const clusterBackupInputs: KindOfInputs<ClusterBackupInputs> = {
  schema,
  computedKeys: ["objectName"],
  declaredAs,
  subject: ({ cluster }) => `cluster "${cluster}"`,
  secretParts: ({ storage, access, connection, credentials, cluster }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
    [`clusters.${cluster}`]: { ...connection, credentials },
  }),
  expectedHealth: ({ connection, paused }) => {
    if (connection.offline) return "Offline";
    return paused === true ? "Paused" : "Healthy";
  },
  rules: (news) => [
    ...connectionRules(news.connection, news.cluster),
    ...wayRules(news).map(({ path, reason }) => ({ path: declaredAs(news, path), reason })),
    ...(["paused", "skipImmediately", "runNow"] as const)
      .filter((path) => news[path] !== undefined && !isScheduled(news))
      .map((path) => ({ path, reason: "needs a `schedule`; without one a single backup is taken now" })),
  ],
  derive: (news, olds) => ({ computed: { objectName: nameFor(news, olds) }, notices: [] }),
};

/** The old name while nothing that replaces a Schedule has changed, so that an alias, which changes the owner, keeps it. */
function nameFor(news: ClusterBackupInputs, olds: ClusterBackupInputs | undefined): string {
  const identity = (inputs: ClusterBackupInputs) => [inputs.cluster, isScheduled(inputs)];
  if (olds && same(identity(assumeUnchanged(news, olds)), identity(olds))) return olds.objectName;
  if (hasUnknown([news.owner, news.cluster])) return UNKNOWN;
  return objectName(nameOf(news.owner), news.cluster, news.owner, identity(news));
}
