import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import type { Progress } from "../../core/notices.ts";
import { pick, same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { backups, locations } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { namespacesOf, restoredNamespace } from "../../restore-model/choose-items.ts";
import {
  type BackupNamespaces,
  mappingProblemFor,
  saidNamespaces,
  seenNamespaces,
  strayEntries,
  strayProblem,
} from "../../restore-model/judge-mapping.ts";
import { requireLocation } from "../../rules/location-available.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import { isDrill, isPattern, type NamespaceMapping } from "../../schemas/restore-options.ts";
import type { RestorePartOutputs } from "../../schemas/restore.ts";
import type { Session } from "../../session.ts";
import { trimSlashes } from "../../store/coordinates.ts";
import { restorePhaseOf } from "../../velero/phases.ts";
import type { RestoreOptions } from "../../velero/restore-option-entries.ts";
import type { Backup, BackupStorageLocation, Restore } from "../../velero/types.ts";
import { catchUp, finalize } from "./finalize.ts";
import { clearDrill, makeRoom, markLeftDrills, requireRoom, tellLeft } from "./drill.ts";
import {
  type Examination,
  examine,
  lookAround,
  requirementsMissing,
  requireRestoredKinds,
  requireSight,
  sightProblem,
} from "./examine.ts";
import { findBackupInTime } from "./find-backup.ts";
import { type RestoreInCluster, sourcePlaceOf, seenBy, takeOver } from "./part.ts";
import { foreseeData } from "./prove-restored.ts";
import { awaitRestore, beginRestore, findRestore } from "./run-restore.ts";

/**
 * Restores one cluster's backup: begins it once, continues it at any age, judges it, verifies it if requested, and
 * accepts it. A failure has the outputs that are then in effect, including the chosen backup, so that the next run
 * takes the same one.
 */
export async function restoreInCluster(
  session: Session,
  part: RestoreInCluster,
  {
    operation,
    progress,
    mapping,
  }: { operation: "create" | "update"; progress: Progress; mapping: MappingAgreement },
): Promise<RestorePartOutputs> {
  const { connection, cluster } = part.target;
  const { client, uid } = await session.clusters.open(
    connection,
    clusterLabel(cluster),
    part.known.clusterUid,
  );
  let reached: RestorePartOutputs = {
    ...part.known,
    clusterUid: uid,
    health: "Healthy",
    message: undefined,
    unfinished: undefined,
  };
  const report = (found: Partial<RestorePartOutputs>) => {
    reached = { ...reached, ...found };
  };
  const how = { deadline: deadlineOf(operation, part.whole.timeouts), progress, mapping, report };
  try {
    if (part.known.settled) {
      await catchUp(session, client, part, how);
      return reached;
    }
    const known = await ongoing(client, part);
    if (known) mapping.begun(part.source);
    const restore = known ?? (await begin(session, client, part, how));
    report({ restoreName: restore.metadata.name, backupName: restore.spec.backupName });
    const ended = await awaitRestore(client, restore, how);
    report(resultOf(ended));
    await finalize(session, client, part, ended, how);
    return { ...reached, settled: true };
  } catch (error) {
    throw new PartialFailure("", reached, error);
  }
}

/**
 * Returns the Restore in state, or the one that a killed run has begun or finished. A Restore that was deleted is never
 * begun again.
 */
async function ongoing(client: KubernetesClient, part: RestoreInCluster): Promise<Restore | undefined> {
  const found = await findRestore(client, part);
  if (found) {
    await takeOver(client, part, found);
    return found;
  }
  const { restoreName } = part.known;
  if (restoreName === undefined) return undefined;
  throw new Problem({
    code: "DeletedExternally",
    what: `Restore ${part.target.location.namespace}/${restoreName} in cluster "${client.label.key}" is gone, and did not end well as far as is known`,
    said: part.known.unfinished,
    todo: "What it has restored stays. Change `triggers` to restore again.",
  });
}

interface RestoreContext {
  deadline: Deadline;
  progress: Progress;
  mapping: MappingAgreement;
  report: (found: Partial<RestorePartOutputs>) => void;
}

async function begin(
  session: Session,
  client: KubernetesClient,
  part: RestoreInCluster,
  how: RestoreContext,
) {
  const { deadline, progress, report } = how;
  const user = { lineage: part.lineage, location: seenBy(part) };
  await requireLocation(client, user, deadline, { undone: "Nothing was restored" });
  const place = await sourcePlaceOf(session, client, part);
  const { location, store, storePrefix } = place;
  const chosen = await findBackupInTime(client, part, place, { deadline, progress });
  const backupName = chosen.metadata.name;
  report({ backupName });
  const backup = await awaitBackup(client, chosen, { location, deadline, progress });

  const veleroNamespace = location.namespace;
  const examined =
    store && (await examine(client, { store, storePrefix, backupName, veleroNamespace }, part.whole));
  const restored = examined ? seenNamespaces(examined.items) : saidNamespaces(backup.spec, part.whole);
  // A misspelt kind would leave nothing to map.
  await requireRestoredKinds(client, part, examined);
  await requireMapping(part, { ...restored, backupName }, how);
  const namespaces = examined
    ? namespacesOf(examined.contents)
    : [...new Set([...(restored.names ?? []), ...namedIn(part.whole)])];
  if (isDrill(part.whole)) await markLeftDrills(client, part, place, { deadline, progress });
  if (examined) await requireTarget(client, part, { backupName, examined, deadline });
  else await requireNamespaces(client, part, namespaces);
  if (isDrill(part.whole)) await makeRoom(client, part, examined?.items ?? [], report);
  return beginRestore(client, part, { backupName, namespaces, now: new Date(), choice: examined, report });
}

/** Waits until all parts of the restore agree on the mapping. */
async function requireMapping(
  part: RestoreInCluster,
  finding: Omit<BackupNamespaces, "cluster">,
  { mapping, progress }: RestoreContext,
): Promise<void> {
  // The drill itself reports that it would prove nothing.
  if (isDrill(part.whole) && finding.names?.length === 0) return;
  if (Object.keys(part.whole.targets).length > 1)
    progress.report("waiting until the other clusters have been looked at", "");
  await mapping.found(part.source, { ...finding, cluster: part.target.cluster });
}

/** Returns the namespaces that a mapping names. */
const namedIn = ({ namespaceMapping = {} }: RestoreOptions): string[] =>
  Object.keys(namespaceMapping).filter((from) => !isPattern(from));

async function requireTarget(
  client: KubernetesClient,
  part: RestoreInCluster,
  { backupName, examined, deadline }: { backupName: string; examined: Examination; deadline: Deadline },
): Promise<void> {
  const { items, plan, surroundings, target } = examined;
  const place = `would be restored into cluster "${client.label.key}"`;
  const words = { place, undone: "Nothing was restored." };
  requireSight(target, part.whole, words);
  const unseen = sightProblem(items, target, part.whole, words);
  if (unseen) throw unseen;
  let { terminating } = surroundings;
  if (isDrill(part.whole)) {
    await requireRoom(client, part, { backupName, items });
    const veleroNamespace = part.target.location.namespace;
    const hopeless = await foreseeData(client, examined, part.whole, { backupName, veleroNamespace });
    if (hopeless) throw hopeless;
    const cleared = await clearDrill(client, part, deadline);
    tellLeft(client, part, cleared.left);
    // A killed run may have begun to remove them before this run read them.
    terminating = terminating.filter((name) => !cleared.namespaces.includes(name));
  }
  const missing = requirementsMissing(items, plan, part.whole, { ...surroundings, terminating });
  if (missing) throw missing;
  if (examined.lostData) throw examined.lostData;
}

/** Checks the few facts about a target that do not need the backup's contents. */
async function requireNamespaces(
  client: KubernetesClient,
  part: RestoreInCluster,
  names: readonly string[],
): Promise<void> {
  client.session.notices.warn(nameOf(part.owner), notLookedAt(part));
  const items = names.map((name) => restoredNamespace(name, part.whole));
  const missing = requirementsMissing(items, { missingKinds: [] }, part.whole, await lookAround(client));
  if (missing) throw missing;
}

function resultOf({ metadata, status = {} }: Restore): Partial<RestorePartOutputs> {
  return {
    restoreName: metadata.name,
    phase: restorePhaseOf({ status }),
    startTime: status.startTimestamp,
    completionTime: status.completionTimestamp,
    warnings: status.warnings ?? 0,
    errors: status.errors ?? 0,
  };
}

const notLookedAt = ({ target }: RestoreInCluster): string =>
  `whether cluster "${target.cluster}" has what the backup takes for granted (storage classes, kinds) is not looked at: this program has no way to the store (\`access\`)`;

/**
 * Waits until Velero in the target cluster has synced the backup from its location, which it does once a minute. If a
 * backup with the same name from another location exists, Velero would restore that one, and end the restore as
 * Completed (docs/design/velero-facts.md#names-over-all-locations). That is refused, unless it is the same backup,
 * synced from another location at the same place.
 */
export async function awaitBackup(
  client: KubernetesClient,
  chosen: Backup,
  {
    location: { namespace, locationName },
    deadline,
    progress,
  }: { location: { namespace: string; locationName: string }; deadline: Deadline; progress: Progress },
): Promise<Backup> {
  const { name } = chosen.metadata;
  const place = `Backup ${namespace}/${name}`;
  const cluster = `cluster "${client.label.key}"`;
  const seen = await whileVeleroWorks(client, namespace, `${place} was not seen by it`, (signal) =>
    waitFor<Backup, Backup>(
      client,
      { type: backups, name, namespace },
      (live) => {
        if (live) return live;
        progress.report(
          `waiting until ${cluster} has seen ${place} in the store, which takes a minute or two`,
        );
        return undefined;
      },
      {
        deadline,
        signal,
        what: `${place} did not appear in ${cluster}`,
        todo: `See that BackupStorageLocation ${namespace}/${locationName} is Available there and its lastSyncedTime moves on.`,
      },
    ),
  );
  const { storageLocation = "" } = seen.spec;
  if (storageLocation === locationName) return seen;
  const [wanted, other] = await Promise.all(
    [locationName, storageLocation].map((each) =>
      client.get<BackupStorageLocation>({ type: locations, name: each, namespace }),
    ),
  );
  if (wanted && other && same(whereOf(wanted), whereOf(other)) && same(timesOf(seen), timesOf(chosen)))
    return seen;
  throw new Problem({
    code: "AnotherBackup",
    property: "backup",
    what: `${place} in ${cluster} is another one, of location "${storageLocation}": Velero tells backups apart by their names alone, and would restore it instead`,
    todo: other
      ? `Restore another backup, or into another cluster; or delete that one, with its data, if nobody needs it: velero -n ${namespace} backup delete ${name}.`
      : `Its location is gone, and it was left behind: kubectl -n ${namespace} delete backups.velero.io ${name}. Its data stays where it is.`,
  });
}

/**
 * Returns the place of a location's data. Several locations may have the same place, and Velero syncs a backup from
 * only one of them.
 */
const whereOf = ({ spec: { provider, objectStorage, config = {} } }: BackupStorageLocation): unknown => [
  provider.replace(/^velero\.io\//, ""),
  trimSlashes(objectStorage.bucket),
  trimSlashes(objectStorage.prefix ?? ""),
  pick(config, ["s3Url", "storeEndpoint", "storageAccount", "storageAccountURI"]),
];

const timesOf = ({ status }: Backup): unknown => [status?.startTimestamp, status?.completionTimestamp];

/** Lets the parts of one restore, which run in parallel, agree on the mapping before the first of them begins. */
interface MappingAgreement {
  /**
   * Reports what would be restored into a cluster, and waits until the mapping is accepted. Rejects if it is refused.
   */
  found(source: string, finding: BackupNamespaces): Promise<void>;
  /** Reports that an earlier run began the Restore, so the mapping was accepted then. */
  begun(source: string): void;
  /** Reports that nothing is restored there, and that the backup could not be read. */
  failed(source: string): void;
}

/**
 * Makes an agreement on the mapping. An entry that matches no namespace in one cluster may be meant for another. So all
 * clusters are checked before a Restore begins in any. When each entry has matched once, nothing waits any longer.
 * `clusters` are the targets of the sources that have something to do. With `isBlind`, no backup can be read, and one
 * of them may leave a pattern unresolved.
 */
export function agreeOnMapping(
  mapping: NamespaceMapping | undefined = {},
  clusters: Record<string, string>,
  { isBlind, hasBegun }: { isBlind: boolean; hasBegun: boolean },
): MappingAgreement {
  const awaited = new Set(Object.keys(clusters));
  const needsAll = isBlind && Object.keys(mapping).some(isPattern);
  const findings: BackupNamespaces[] = [];
  const unseen: string[] = [];
  let agree: () => void = () => undefined;
  let refuse: (problem: Error) => void = () => undefined;
  const agreed = new Promise<void>((resolve, reject) => {
    agree = resolve;
    refuse = reject;
  });
  // It may reject while nothing waits for it.
  agreed.catch(() => undefined);
  if (hasBegun) agree();

  function judge(): void {
    const stray = strayEntries(mapping, findings);
    if (stray.length === 0 && !(needsAll && awaited.size > 0)) agree();
    else if (awaited.size === 0) {
      // The findings arrive in any order, so they are sorted.
      const ordered = findings.toSorted((one, other) => (one.cluster < other.cluster ? -1 : 1));
      refuse(strayProblem(stray, ordered, unseen.toSorted()));
    }
  }

  return {
    found(source, finding) {
      awaited.delete(source);
      findings.push(finding);
      const problem = mappingProblemFor(mapping, finding);
      if (problem) {
        refuse(problem);
        // Other parts may have begun already.
        return Promise.reject(problem);
      }
      judge();
      return agreed;
    },
    begun(source) {
      awaited.delete(source);
      agree();
    },
    failed(source) {
      if (!awaited.delete(source)) return;
      unseen.push(clusters[source] ?? source);
      judge();
    },
  };
}
