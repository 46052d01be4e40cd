import { checkInputs, diffBy, inputsIn, withInputs } from "../../core/check.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import type { Handler } from "../../core/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation } from "../../core/identity.ts";
import { hasUnknown, pick, same } from "../../core/values.ts";
import { sharedList } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { namespaces } from "../../kubernetes/resources.ts";
import { aggregate, isSkipped, keptOf, type Part, partIn, type WorkspaceBackupOutputs } from "./parts.ts";
import { applyWorkspaceBackup } from "./apply-workspace.ts";
import { clusterUsable } from "../../rules/permissions.ts";
import { fileCopiesPossible } from "../../rules/file-copies.ts";
import { type Finding, warning } from "../../rules/finding.ts";
import { namespacesExistSomewhere } from "../../rules/namespaces.ts";
import { previewCluster, withPreflight } from "../../rules/preflight.ts";
import { policyReadable } from "../../rules/resource-policy.ts";
import { kindsServed } from "../../rules/selected-kinds.ts";
import { volumesSaved } from "../../rules/volumes.ts";
import { expectedHealthOf, isScheduled, usesOf } from "../../schemas/backup.ts";
import {
  commonKeys,
  isOffline,
  membersOf,
  reachesOf,
  replacedBy,
  type WorkspaceBackupInputs,
  workspaceBackupInputs,
} from "../../schemas/workspace-backup.ts";
import { chooseNamespaces, namesToBackUp } from "../../velero/namespace-selection.ts";
import { storedNothing } from "../../velero/phases.ts";
import { newNamesFree } from "../backup/preview-rules.ts";
import { readHealth } from "../backup/read-health.ts";
import { ourBackups } from "../backup/our-backups.ts";
import { removeFromCluster } from "../backup/remove.ts";
import type { Session } from "../../session.ts";

/** One logical backup of many clusters. Its part in each cluster is handled like a ClusterBackup. */
export const workspaceBackup = (
  session: Session,
): Handler<WorkspaceBackupInputs, WorkspaceBackupOutputs> => ({
  check(news, olds, how) {
    const result = checkInputs(session, workspaceBackupInputs, news, olds, how);
    if (result.failures.length === 0) rememberAccess(session, result.inputs);
    return withPreflight(session, result, how, (inputs) => [
      ...membersOf(inputs).flatMap((key) => {
        const { connection, location } = inputs.reach[key] ?? {};
        const objectName = inputs.objectNames[key];
        if (!connection || !location || objectName === undefined) return [];
        const isNew = objectName !== olds?.objectNames[key];
        const place = { connection, cluster: key };
        const { namespace } = location;
        return previewCluster(session, place, [
          ...(isNew ? newNamesFree({ name: objectName, namespace }, inputs) : []),
          clusterUsable(place, namespace, usesOf(inputs)),
          policyReadable(namespace, inputs),
          fileCopiesPossible(place, namespace, inputs),
          volumesSaved(place, namespace, inputs),
        ]);
      }),
      namespacesExistSomewhere(session, pick(inputs.reach, membersOf(inputs)), inputs),
      ...(olds ? [removedClustersDeleted(session, inputs, olds)] : []),
      kindsServed(session, pick(inputs.reach, membersOf(inputs)), inputs),
    ]);
  },

  diff(outputs, news) {
    const common = commonKeys(outputs, news);
    return diffBy(session, outputs, news, (inputs) => replacedBy(inputs, common));
  },

  async create(inputs) {
    const id = nameOf(inputs.owner);
    const desired: WorkspaceBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      byCluster: {},
      phase: "Failed",
    };
    return {
      id,
      outputs: await applyWorkspaceBackup(session, desired, { id, before: undefined, runPending: false }),
    };
  },

  update(id, outputs, news) {
    const desired: WorkspaceBackupOutputs = {
      ...withInputs(workspaceBackupInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
      unfinished: undefined,
      message: undefined,
    };
    const runPending = isScheduled(news) && !same(outputs.triggers ?? [], news.triggers ?? []);
    return applyWorkspaceBackup(session, desired, { id, before: outputs, runPending });
  },

  async read(_id, outputs) {
    const found = { ...outputs, byCluster: await readParts(session, outputs) };
    const summary = aggregate(found);
    return {
      outputs: { ...found, ...summary },
      inputs: inputsIn(workspaceBackupInputs, outputs, summary.health),
    };
  },

  async delete(_id, outputs) {
    const { default: pMap } = await import("p-map");
    const problems: unknown[] = [];
    await pMap(
      Object.keys(outputs.byCluster).filter((cluster) => !isSkipped(outputs.byCluster[cluster])),
      (cluster) =>
        removeFromCluster(session, partIn(outputs, cluster), { part: cluster }).catch((error: unknown) => {
          problems.push(error);
        }),
      { concurrency: outputs.parallel ?? Number.POSITIVE_INFINITY },
    );
    if (problems.length === 1) throw problems[0];
    if (problems.length > 1) {
      throw new Problem({
        code: "SomeNotDeleted",
        what: `what is in ${problems.length} of ${Object.keys(outputs.byCluster).length} clusters could not be removed`,
        said: problems.map(wordsOf).join(" — "),
        todo: "What could be is gone; run again for these.",
      });
    }
  },
});

function rememberAccess(session: Session, { reach, storage, access }: WorkspaceBackupInputs): void {
  for (const [, each] of reachesOf(reach).filter(([, known]) => !hasUnknown(known))) {
    const { location, connection, credentials } = each;
    session.newestAccess.remember(location, { connection, storage, credentials, access });
  }
}

/**
 * Shows in a preview what an `up` deletes with clusters that are removed from the list. The policy of the last `up`
 * applies.
 */
async function removedClustersDeleted(
  session: Session,
  news: WorkspaceBackupInputs,
  olds: WorkspaceBackupInputs,
): Promise<Finding[]> {
  const isInForce = olds.deletionPolicy === "delete" && news.clusters !== "all";
  if (!isInForce || hasUnknown(news.clusters)) return [];
  const leaving = membersOf(olds).filter(
    (key) => !membersOf(news).includes(key) && !isOffline(news.reach[key]),
  );
  return Promise.all(
    leaving.map(async (key) => {
      const count = await countIn(session, olds, key).catch(() => undefined);
      const stored =
        count === undefined
          ? "its stored backups are"
          : `its ${count} stored ${count === 1 ? "backup is" : "backups are"}`;
      return warning(`clusters: "${key}" is taken out, and ${stored} deleted (deletionPolicy: "delete")`);
    }),
  );
}

async function countIn(
  session: Session,
  olds: WorkspaceBackupInputs,
  key: string,
): Promise<number | undefined> {
  const known = olds.reach[key];
  if (!known) return undefined;
  const { location } = known;
  // The inputs in state lack the content of a kubeconfig. The check of the location has remembered it.
  const { connection } = session.newestAccess.of(location, known);
  const { client } = await session.clusters.open(connection, clusterLabel(key), undefined);
  return (await ourBackups(client, { ...olds, location })).filter((backup) => !storedNothing(backup)).length;
}

/**
 * Reads the health of the parts, with all clusters in parallel. A cluster that cannot be reached affects only its own
 * part.
 */
export async function readParts(
  session: Session,
  workspace: WorkspaceBackupOutputs,
): Promise<Record<string, Part>> {
  const read = Object.entries(workspace.byCluster).map(async ([cluster, part]): Promise<[string, Part]> => {
    const state = partIn(workspace, cluster);
    if (isSkipped(part)) return [cluster, await lookAtSkipped(session, workspace, cluster, part)];
    const found = await readHealth(session, { ...state, health: expectedHealthOf(workspace) });
    const kept = keptOf({ ...state, ...found }, part.made);
    return [cluster, part.inEffect ? { ...kept, inEffect: part.inEffect } : kept];
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Checks whether a skipped cluster has one of the namespaces now. */
async function lookAtSkipped(
  session: Session,
  workspace: WorkspaceBackupOutputs,
  cluster: string,
  part: Part,
): Promise<Part> {
  const { location, ...state } = partIn(workspace, cluster);
  const { connection } = session.newestAccess.of(location, state);
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    const existing = namesToBackUp((await sharedList(client, namespaces)).values());
    const { resolved = [] } = chooseNamespaces(workspace, existing, { globsByVelero: true });
    if (resolved.length === 0) return { ...part, health: expectedHealthOf(workspace), message: undefined };
    return { ...part, health: "Drifted", message: `has ${resolved.join(", ")} by now; up takes that in` };
  } catch (error) {
    return { ...part, health: "Unknown", message: wordsOf(error) };
  }
}
