import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations, restores } from "../../kubernetes/resources.ts";
import { type OpenCluster, openCluster } from "../../lifecycle/clusters.ts";
import { type Deadline, deadlineOf } from "../../lifecycle/deadline.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import type { Backup, BackupStorageLocation, Restore } from "../../velero/types.ts";
import { requireLocation } from "../backup/require-location.ts";
import { storeOf } from "../backup/settle.ts";
import { settledLabel } from "../backup/our-backups.ts";
import { awaitBackup } from "./await-backup.ts";
import type { BackupWish } from "./choose-backup.ts";
import { clearDrill, markDrilled, requireRoom } from "./drill.ts";
import { examine, type Examination } from "./examine.ts";
import { findBackup } from "./find-backup.ts";
import { judgeRestore } from "./judge-restore.ts";
import { isDrill, keepsDrill, verifies } from "./options.ts";
import { findRestore } from "./our-restores.ts";
import type { RestorePart } from "./outputs.ts";
import { type Part, sourceStore } from "./part.ts";
import { requirementsMissing } from "./requirements.ts";
import { awaitRestore, beginRestore } from "./run-restore.ts";
import { verify } from "./verify.ts";

interface How {
  operation: "create" | "update";
  progress: Progress;
}

/**
 * Restores one cluster's backup: begun once, gone on with at any age, judged, verified where that is asked for, and
 * settled. A failure says what is then in effect, and which backup was taken, so that no other is taken next time.
 */
export async function restoreInCluster(part: Part, { operation, progress }: How): Promise<RestorePart> {
  const { connection, cluster } = part.target;
  const open = await openCluster(connection, clusterLabel(cluster), part.known.clusterUid);
  let reached: RestorePart = {
    ...part.known,
    clusterUid: open.uid,
    health: "Healthy",
    message: undefined,
    unfinished: undefined,
  };
  const report = (found: Partial<RestorePart>) => {
    reached = { ...reached, ...found };
  };
  try {
    await carryOut(open, part, { deadline: deadlineOf(operation, part.whole.timeouts), progress, report });
    return { ...reached, settled: true };
  } catch (error) {
    throw new PartialFailure("", reached, error);
  }
}

interface Circumstances {
  deadline: Deadline;
  progress: Progress;
  report: (found: Partial<RestorePart>) => void;
}

async function carryOut({ client }: OpenCluster, part: Part, how: Circumstances): Promise<void> {
  const { deadline, report } = how;
  const restore = (await ongoing(client, part)) ?? (await begin(client, part, how));
  report({ restoreName: restore.metadata.name, backupName: restore.spec.backupName });
  const ended = await awaitRestore(client, restore, how);
  report(outcomeOf(ended));

  const place = await placeOf(client, part);
  const { store, storePrefix } = place;
  const { problem, counts, items } = await judgeRestore(ended, {
    client,
    ...place,
    allowPartialFailure: part.whole.allowPartialFailure === true,
  });
  report({ ...counts });
  if (isDrill(part.whole)) report({ drilled: await markDrilled(client, part, items) });
  if (problem) {
    await settle(client, ended, "rejected");
    throw problem;
  }
  if (store && verifies(part.whole)) {
    const backupName = restore.spec.backupName ?? "";
    const { items: expected, target } = await examine(client, { store, storePrefix, backupName }, part.whole);
    report({ verified: verify(expected, target, part.whole, inWords(client, ended)) });
  }
  if (isDrill(part.whole) && !keepsDrill(part.whole)) {
    await clearDrill(client, part, deadline);
    report({ drilled: [] });
  }
  await settle(client, ended, "true");
}

/** The one that state knows, or that a killed run has begun or done. One that has vanished is never begun again. */
async function ongoing(client: KubernetesClient, part: Part): Promise<Restore | undefined> {
  const found = await findRestore(client, part);
  if (found) return found;
  const { restoreName } = part.known;
  if (restoreName === undefined) return undefined;
  throw new Problem({
    code: "Vanished",
    what: `Restore ${part.target.location.namespace}/${restoreName} in cluster "${client.label.key}" is gone, and did not end well as far as is known`,
    said: part.known.unfinished,
    todo: "What it has restored stays. Change `triggers` to restore again.",
  });
}

async function begin(client: KubernetesClient, part: Part, how: Circumstances): Promise<Restore> {
  const { deadline, progress, report } = how;
  await requireLocation(client, seenBy(part), deadline, toRestore);
  const place = await placeOf(client, part);
  const { location, store, storePrefix } = place;
  const chosen = await findBackup(wishOf(part), { client, source: part.source, ...place });
  const backupName = chosen.metadata.name;
  report({ backupName });
  const backup = await awaitBackup(client, backupName, { location, deadline, progress });

  if (!store) tell(nameOf(part.owner), notLookedAt(part));
  const examined = store && (await examine(client, { store, storePrefix, backupName }, part.whole));
  if (examined) await requireTarget(client, part, examined, deadline);
  return beginRestore(client, part, { backupName, namespaces: namespacesOf(backup, examined), now: new Date() });
}

async function requireTarget(
  client: KubernetesClient,
  part: Part,
  { items, plan, surroundings }: Examination,
  deadline: Deadline,
): Promise<void> {
  if (isDrill(part.whole)) {
    await clearDrill(client, part, deadline);
    await requireRoom(client, part, items);
  }
  const missing = requirementsMissing(items, plan, part.whole, surroundings);
  if (missing) throw missing;
}

/** One that is read-only is all that it takes. */
const toRestore = { undone: "Nothing was restored" };

/** The location by which the target sees the source's backups. */
const seenBy = ({ target: { location, sees = "" } }: Part) => ({ ...location, locationName: sees });

/** Where the source's backups lie, as that location says itself, and the program's own way there. */
export async function placeOf(client: KubernetesClient, part: Part) {
  const location = seenBy(part);
  const target = { type: locations, name: location.locationName, namespace: location.namespace };
  const live = await client.get<BackupStorageLocation>(target);
  const { prefix = "" } = live?.spec.objectStorage ?? {};
  return {
    location,
    store: live && storeOf({ ...sourceStore(part), cluster: part.source }),
    storePrefix: prefix.replace(/^\/+|\/+$/g, ""),
  };
}

export function wishOf({ whole, known, target }: Part): BackupWish {
  const { source, allowPartialFailure } = whole;
  if (known.backupName !== undefined) return { backupName: known.backupName, allowPartialFailure };
  if (source.owner !== undefined && source.scheduled !== true && target.source.latest !== undefined) {
    return { backupName: target.source.latest, allowPartialFailure };
  }
  const owners = source.owner === undefined ? undefined : [source.owner, ...(source.formerOwners ?? [])];
  return {
    owners,
    backupName: source.backupName,
    schedule: source.schedule,
    workspace: source.workspace,
    before: source.before,
    allowPartialFailure,
  };
}

/** Those that the backup holds, or as far as it says them itself. */
const namespacesOf = ({ spec }: Backup, examined: Examination | undefined): string[] =>
  examined
    ? [...new Set(examined.contents.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])))]
    : (spec.includedNamespaces ?? []).filter((name) => !/[*?[]/.test(name));

function outcomeOf({ metadata, status = {} }: Restore): Partial<RestorePart> {
  return {
    restoreName: metadata.name,
    phase: status.phase,
    startTime: status.startTimestamp,
    completionTime: status.completionTimestamp,
    warnings: status.warnings ?? 0,
    errors: status.errors ?? 0,
  };
}

async function settle(
  client: KubernetesClient,
  { metadata: { name, namespace = "" } }: Restore,
  verdict: "true" | "rejected",
): Promise<void> {
  await client.patch({ type: restores, name, namespace }, { metadata: { labels: { [settledLabel]: verdict } } });
}

const inWords = (client: KubernetesClient, { metadata }: Restore): string =>
  `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}"`;

const notLookedAt = ({ target }: Part): string =>
  `whether cluster "${target.cluster}" has what the backup takes for granted (storage classes, kinds) is not looked at: this program has no way to the store (\`access\`)`;
