import { checkInputs, diffBy, inputsIn, withInputs } from "../../core/check.ts";
import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { wordsOf } from "../../core/errors.ts";
import { followParts } from "../../core/notices.ts";
import { type Handler, PartialFailure } from "../../core/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation, ownersOf, userMetadataOf } from "../../core/identity.ts";
import { entriesByKey, hasUnknown, same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isIncarnation, isOwnedBy, metadataPatch } from "../../kubernetes/ensure.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import { clusterUsable } from "../../rules/permissions.ts";
import { findingsOf } from "../../rules/finding.ts";
import { type ClusterRule, previewCluster, withPreflight } from "../../rules/preflight.ts";
import { restoredKindsServed } from "../../rules/selected-kinds.ts";
import { isDrill, restoredBy, verifies } from "../../schemas/restore-options.ts";
import {
  hasAccess,
  pinSource,
  restoreReplacedBy,
  type RestoreInputs,
  restoreInputs,
  type RestoreOutputs,
  type RestorePartOutputs,
  restoresAgain,
  targetsOf,
} from "../../schemas/restore.ts";
import type { Session } from "../../session.ts";
import { agreeOnMapping, restoreInCluster } from "./restore-in-cluster.ts";
import { isDone } from "./finalize.ts";
import { drilledNow } from "./drill.ts";
import { type RestoreInCluster, partOf } from "./part.ts";
import { planAhead } from "./plan-ahead.ts";
import { findRestore, modifiersNameOf } from "./run-restore.ts";

/** A restore of a backup. It runs once, and never again by itself (docs/design/rules.md#restores-run-once). */
export const restore = (session: Session): Handler<RestoreInputs, RestoreOutputs> => ({
  async check(news, olds, how) {
    const result = checkInputs(session, restoreInputs, pinSource(news as RestoreInputs, olds), olds, how);
    if (result.failures.length === 0) rememberAccess(session, result.inputs);
    const isNew = (inputs: RestoreInputs) => olds === undefined || restoresAgain(inputs, olds);
    const checked = await withPreflight(session, result, how, (inputs) =>
      targetsOf(inputs.targets).flatMap(([key, target]) =>
        previewCluster(session, target, [
          clusterUsable(
            target,
            target.location.namespace,
            isDrill(inputs) ? ["restore", "drill"] : ["restore"],
          ),
          ...(isNew(inputs) ? [notRestoredByNamesake(inputs, key)] : []),
          restoredKindsServed(target.cluster, inputs),
        ]),
      ),
    );
    const isAhead =
      how.dryRun &&
      checked.failures.length === 0 &&
      checked.inputs.preflight !== "off" &&
      isNew(checked.inputs);
    return isAhead ? planAhead(session, checked) : checked;
  },

  diff: (outputs, news) => diffBy(session, outputs, news, restoreReplacedBy),

  async create(inputs) {
    const id = nameOf(inputs.owner);
    const desired: RestoreOutputs = { ...inputs, incarnation: newIncarnation(), byCluster: {}, phase: "New" };
    return { id, outputs: await applyRestore(session, desired, { id, operation: "create" }) };
  },

  async update(id, outputs, news) {
    const desired: RestoreOutputs = {
      ...withInputs(restoreInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
    };
    if (!same(userMetadataOf(outputs), userMetadataOf(news))) await labelRestores(session, desired);
    return applyRestore(session, desired, { id, operation: "update" });
  },

  // The Restore object and the backup do not matter any more, so nothing is read.
  read(_id, outputs) {
    const health = outputs.unfinished === undefined ? "Healthy" : "Unhealthy";
    return Promise.resolve({
      outputs: { ...outputs, health },
      inputs: inputsIn(restoreInputs, outputs, health),
    });
  },

  async delete(_id, outputs) {
    await Promise.all(
      Object.keys(outputs.byCluster).map((key) => removeRestore(session, partOf(outputs, key))),
    );
  },
});

function rememberAccess(session: Session, { targets, storage, access }: RestoreInputs): void {
  for (const [, { location, connection, credentials }] of targetsOf(targets)) {
    if (!hasUnknown(location))
      session.newestAccess.remember(location, { connection, storage, credentials, access });
  }
}

/** No stack of the same name has done the restore: it may be this one, with a lost state. */
function notRestoredByNamesake(inputs: RestoreInputs, key: string): ClusterRule {
  const part = partOf({ ...inputs, incarnation: "", byCluster: {}, phase: "New" }, key);
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  return {
    inputs: [part.target.location.namespace, source, restoredBy(inputs), inputs.triggers],
    find: ({ client }) => findingsOf(findRestore(client, part), { refusals: ["OwnedByAnother"] }),
  };
}

/**
 * Updates the labels and annotations of the existing Restore objects and their ConfigMaps. Nothing is restored for
 * that.
 */
async function labelRestores(session: Session, desired: RestoreOutputs): Promise<void> {
  const made = Object.keys(desired.byCluster).filter((key) => desired.targets[key] !== undefined);
  await Promise.all(
    made.map(async (key) => {
      const part = partOf(desired, key);
      const { restoreName, modifiersName, clusterUid } = part.known;
      const { cluster, connection, location } = part.target;
      const objects = [
        ...(restoreName === undefined ? [] : [{ type: restores, name: restoreName }]),
        ...(modifiersName === undefined ? [] : [{ type: configMaps, name: modifiersName }]),
      ];
      if (objects.length === 0) return;
      const { client } = await session.clusters.open(connection, clusterLabel(cluster), clusterUid);
      for (const object of objects) {
        const target = { ...object, namespace: location.namespace };
        const live = await client.get(target);
        const change = live && isOwnedBy(live, ownersOf(part)) ? metadataPatch(live, desired) : undefined;
        if (change) await client.patch(target, change);
      }
    }),
  );
}

/** Restores into all targets in parallel. Completed targets are left out. */
async function applyRestore(
  session: Session,
  desired: RestoreOutputs,
  { id, operation }: { id: string; operation: "create" | "update" },
): Promise<RestoreOutputs> {
  const open = targetsOf(desired.targets).filter(([key]) => !isDone(desired.byCluster[key], desired));
  const progress = followParts(session.notices, nameOf(desired.owner), open.length);
  const failures: [string, unknown][] = [];
  const mapping = agreeOnMapping(
    desired.namespaceMapping,
    Object.fromEntries(open.map(([key, { cluster }]) => [key, cluster])),
    {
      isBlind: !hasAccess(desired),
      hasBegun: Object.values(desired.byCluster).some(({ restoreName }) => restoreName !== undefined),
    },
  );
  const byCluster = Object.fromEntries(
    Object.entries(desired.byCluster).map(([key, part]) => [
      key,
      isDone(part, desired) ? asDone(part, desired) : part,
    ]),
  );
  try {
    await Promise.all(
      open.map(async ([key]) => {
        try {
          byCluster[key] = await restoreInCluster(session, partOf(desired, key), {
            operation,
            progress: progress.of(key),
            mapping,
          });
        } catch (error) {
          mapping.failed(key);
          failures.push([key, error]);
          byCluster[key] = failureInWords(desired.byCluster[key], error);
        }
        progress.done(key);
      }),
    );
  } finally {
    progress.stop();
  }
  const reached = { ...desired, byCluster };
  const outputs: RestoreOutputs = { ...reached, ...aggregate(reached) };
  if (failures.length === 0) return outputs;
  // A refused mapping is one failure, which all parts share.
  const causes = failures.map(([, error]) => causeOf(error));
  const reasons = failures
    .filter((_, index) => causes.indexOf(causes[index]) === index)
    .map(([key, error]) => withClusterNames(key, desired.targets[key]?.cluster ?? key, wordsOf(error)));
  if (operation === "create" && !Object.values(byCluster).some(hasMade)) throw new Error(reasons.join("\n"));
  throw new PartialFailure(id, outputs, new Error(reasons.join("\n")), reasons);
}

const causeOf = (error: unknown): unknown => (error instanceof PartialFailure ? error.cause : error);

/** Returns true if something was created in a cluster. If nothing was, Pulumi need not record the resource. */
const hasMade = ({ restoreName, modifiersName, drilled = [] }: RestorePartOutputs): boolean =>
  restoreName !== undefined || modifiersName !== undefined || drilled.length > 0;

/** Resets a comparison that is not requested any more: it has neither failed nor been made. */
const asDone = (part: RestorePartOutputs, desired: RestoreOutputs): RestorePartOutputs => ({
  ...part,
  verified: verifies(desired) ? part.verified : undefined,
  health: "Healthy",
  message: undefined,
  unfinished: undefined,
});

function failureInWords(known: RestorePartOutputs | undefined, error: unknown): RestorePartOutputs {
  const reached = error instanceof PartialFailure ? (error.outputs as unknown as RestorePartOutputs) : known;
  const message = wordsOf(error);
  return { ...reached, health: "Unhealthy", message, unfinished: message };
}

/** Names the cluster in a message. A property's path stays in front. */
const withClusterNames = (source: string, target: string, words: string): string =>
  words.includes(`"${target}"`) || words.includes(`"${source}"`)
    ? words
    : words.replace(/^([a-z][\w.]*: )?/, `$1cluster "${target}": `);

type Summary = Pick<
  RestoreOutputs,
  | "phase"
  | "backupName"
  | "restoreName"
  | "startTime"
  | "completionTime"
  | "warnings"
  | "errors"
  | "created"
  | "updated"
  | "skipped"
  | "failed"
  | "verified"
  | "volumesProven"
  | "volumesUnproven"
  | "left"
  | "health"
  | "message"
  | "unfinished"
>;

/**
 * Returns the summary of the parts. For several clusters: `Completed` if all are, `PartiallyFailed` if some are or
 * ended so, `Failed` if none is.
 */
export function aggregate({ byCluster }: RestoreOutputs): Summary {
  const parts = entriesByKey(byCluster);
  const [only] = parts.length === 1 ? Object.values(byCluster) : [];
  const sum = (of: (part: RestorePartOutputs) => number | undefined) => {
    const known = Object.values(byCluster).flatMap((part) => of(part) ?? []);
    return known.length === 0 ? undefined : known.reduce((total, number) => total + number, 0);
  };
  /** For several clusters, each entry begins with the cluster key. */
  const listed = (of: (part: RestorePartOutputs) => string[] | undefined) => {
    const known = parts.flatMap(([key, part]) =>
      of(part) === undefined ? [] : [(of(part) ?? []).map((entry) => (only ? entry : `${key}: ${entry}`))],
    );
    return known.length === 0 ? undefined : known.flat();
  };
  const unfinished = parts.flatMap(([key, { unfinished: why }]) =>
    why === undefined ? [] : [parts.length === 1 ? why : `${key}: ${why}`],
  );
  const message = unfinished.length > 0 ? unfinished.join("; ") : undefined;
  return {
    phase: only ? (only.phase ?? "New") : phaseOf(Object.values(byCluster)),
    backupName: only?.backupName,
    restoreName: only?.restoreName,
    startTime: only?.startTime,
    completionTime: only?.completionTime,
    warnings: sum(({ warnings }) => warnings),
    errors: sum(({ errors }) => errors),
    created: sum(({ created }) => created),
    updated: sum(({ updated }) => updated),
    skipped: sum(({ skipped }) => skipped),
    failed: sum(({ failed }) => failed),
    verified: sum(({ verified }) => verified),
    volumesProven: sum(({ volumesProven }) => volumesProven),
    volumesUnproven: listed(({ volumesUnproven }) => volumesUnproven),
    left: listed(({ left }) => left),
    health: message === undefined ? "Healthy" : "Unhealthy",
    message,
    unfinished: message,
  };
}

function phaseOf(parts: readonly RestorePartOutputs[]): RestoreOutputs["phase"] {
  const isDone = ({ settled, phase }: RestorePartOutputs) => settled === true && phase === "Completed";
  if (parts.every(isDone)) return "Completed";
  return parts.some(({ phase }) => phase === "Completed" || phase === "PartiallyFailed")
    ? "PartiallyFailed"
    : "Failed";
}

/** Velero removes a restore's files before it deletes the object. If the location is unavailable, it never does. */
const REMOVAL_TIMEOUT_MS = 30_000;

/** Removes the Restore object and its ConfigMap from the target. Restored objects stay. */
export async function removeRestore(session: Session, part: RestoreInCluster): Promise<void> {
  const { known, target } = part;
  const { restoreName, modifiersName, drilled = [] } = known;
  if (restoreName === undefined && modifiersName === undefined && drilled.length === 0) return;
  const { location, connection } = target;
  const access = session.newestAccess.of(location, { connection });
  if (access.connection.offline) return;
  const label = clusterLabel(target.cluster);
  await unlessUnreachable(session, label, async () => {
    const { client } = await session.clusters.open(access.connection, label, known.clusterUid);
    await removeObjects(client, part);
  });
}

async function removeObjects(client: KubernetesClient, part: RestoreInCluster): Promise<void> {
  const { namespace } = part.target.location;
  const { restoreName, drilled = [] } = part.known;
  if (drilled.length > 0) await tellKept(client, part);
  for (const target of [
    ...(restoreName === undefined ? [] : [{ type: restores, name: restoreName, namespace }]),
    { type: configMaps, name: modifiersNameOf(part), namespace },
  ]) {
    const live = await client.get(target);
    if (!live || !isIncarnation(live, part.incarnation)) continue;
    await client.delete(target, { uid: live.metadata.uid });
    if (target.type === restores) await awaitGone(client, part, { ...target, uid: live.metadata.uid });
  }
}

/** Warns of the namespaces of a drill that was kept, or that failed: no later drill removes them. */
async function tellKept(client: KubernetesClient, part: RestoreInCluster): Promise<void> {
  const made = await drilledNow(client, part);
  // A replacement has removed them, and may have created its own in the meantime.
  const kept = made.filter((namespace) => isIncarnation(namespace, part.incarnation));
  if (kept.length === 0) return;
  const names = kept.map(({ metadata }) => metadata.name).join(", ");
  client.session.notices.warn(
    nameOf(part.owner),
    `leaves the namespaces of its drill in cluster "${client.label.key}": ${names}. Remove them by hand once nobody needs them`,
  );
}

async function awaitGone(
  client: KubernetesClient,
  part: RestoreInCluster,
  { uid, ...target }: { type: typeof restores; name: string; namespace: string; uid: string | undefined },
): Promise<void> {
  const limit = deadlineOf("delete", part.whole.timeouts);
  const deadline: Deadline = {
    name: limit.name,
    signal: AbortSignal.any([limit.signal, AbortSignal.timeout(REMOVAL_TIMEOUT_MS)]),
  };
  try {
    await waitFor(client, target, (live) => (live?.metadata.uid === uid ? undefined : true), {
      deadline,
      what: "",
      todo: "",
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    client.session.notices.warn(
      nameOf(part.owner),
      `Restore ${target.namespace}/${target.name} in cluster "${client.label.key}" is being deleted, and is left to Velero, ` +
        "which first removes its files: its location has to be Available for that",
    );
  }
}
