import { nameOf, type Owned } from "../../core/identity.ts";
import { hasUnknown, isUnknown } from "../../core/values.ts";
import { sharedList } from "../../kubernetes/clusters.ts";
import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { configMaps, schedules } from "../../kubernetes/resources.ts";
import { adoptionInWords, inControl } from "../../rules/adoption.ts";
import { lookAtOwner } from "../../rules/look-at-owner.ts";
import { combine, nothingWrong, notice, type Verdict, verdictOn } from "../../rules/preflight.ts";
import type { ClusterBackupInputs, ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { type BackupDeclaration, isScheduled, type LocationReference } from "../../schemas/backup.ts";
import { hasOwnPolicy } from "../../schemas/selection.ts";
import { deletionPolicyAnnotation } from "../../velero/labels.ts";
import { storedNothing } from "../../velero/phases.ts";
import { backupToAdopt } from "./adopt-backup.ts";
import { scheduleToAdopt } from "./adopt-schedule.ts";
import type { Session } from "../../session.ts";
import { ourBackups } from "./our-backups.ts";

/** A missing object is not definite: the same `up` may create it. */
const DEFINITE = ["OwnedByAnother", "AnotherLocation", "NotComplete", "TakenOver"];

/**
 * Shows in a preview how a create changes the Schedule or Backup that it adopts, and refuses one that cannot be
 * adopted.
 */
export async function lookAtAdopted(session: Session, inputs: ClusterBackupInputs): Promise<Verdict> {
  const { adopt, connection, cluster, location, owner } = inputs;
  if (adopt === undefined || isUnknown(location) || connection.offline) return nothingWrong;
  // A lineage that is not known yet belongs to no existing object.
  const { locationName, namespace } = location;
  if (hasUnknown([adopt, connection, cluster, location.owner, locationName, namespace, owner]))
    return nothingWrong;
  const open = await session.clusters
    .open(connection, clusterLabel(cluster), undefined)
    .catch(() => undefined);
  // Another check reports a cluster that cannot be reached.
  if (!open) return nothingWrong;
  const aim: ClusterBackupOutputs = { ...inputs, incarnation: "" };
  try {
    if (!isScheduled(inputs)) {
      await backupToAdopt(open.client, aim);
      return nothingWrong;
    }
    const found = await scheduleToAdopt(open.client, aim);
    if (!found || found.isOurs) return nothingWrong;
    const place = `Schedule ${namespace}/${found.object.metadata.name} in cluster "${cluster}"`;
    return {
      ...nothingWrong,
      facts: [`adopt: ${place} is taken over. ${adoptionInWords(found.foreseen)}${inControl(found.object)}`],
    };
  } catch (error) {
    return verdictOn(error, isResolved(inputs) ? [...DEFINITE, "Differs"] : DEFINITE);
  }
}

/** Returns true if Velero gets the declaration unchanged: an `up` resolves patterns and the names of kinds. */
const isResolved = ({
  includedNamespaces = [],
  excludedNamespaces = [],
  orderedResources,
}: ClusterBackupInputs): boolean =>
  orderedResources === undefined &&
  ![...includedNamespaces, ...excludedNamespaces].some((entry) => /[^a-z0-9-]/.test(entry));

interface NewObjects {
  cluster: string;
  connection: Connection;
  location: LocationReference;
  /** The name of the Schedule, and of the ConfigMap with the policies. */
  objectName: string;
}

/** Checks in a preview whether the names of new objects belong to another owner. */
export function lookAtNewObjects(
  session: Session,
  { cluster, connection, location: { namespace }, objectName: name }: NewObjects,
  declared: BackupDeclaration & Owned & { adopt?: string | undefined },
): Promise<Verdict>[] {
  const place = { connection, cluster, namespace };
  return [
    ...(isScheduled(declared) && declared.adopt !== name
      ? [lookAtOwner(session, place, { type: schedules, name }, declared)]
      : []),
    ...(hasOwnPolicy(declared) ? [lookAtOwner(session, place, { type: configMaps, name }, declared)] : []),
  ];
}

/**
 * Shows in a preview what an `up` deletes with the tiers of a ProtectedCluster that are set to `false`. Pulumi does not
 * ask the provider about resources that are removed from the program, so one of the remaining tiers checks for them.
 */
export async function lookAtDroppedTiers(
  session: Session,
  { droppedTiers = [], lineage, location, connection, cluster }: ClusterBackupInputs,
  olds: ClusterBackupInputs,
): Promise<Verdict> {
  const dropped = droppedTiers.filter((owner) => !olds.droppedTiers?.includes(owner));
  if (dropped.length === 0 || connection.offline || hasUnknown([dropped, lineage, location, connection]))
    return nothingWrong;
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    const all = [...(await sharedList(client, schedules, location.namespace)).values()];
    const notices = dropped.map(async (owner) => {
      const tier = { owner, lineage, location };
      const schedule = all.find((each) => isOwnedBy(each, [tier]));
      if (schedule?.metadata.annotations?.[deletionPolicyAnnotation] !== "delete") return nothingWrong;
      const stored = (await ourBackups(client, tier)).filter((backup) => !storedNothing(backup)).length;
      const backups = `${stored} stored ${stored === 1 ? "backup is" : "backups are"}`;
      return notice(
        `tiers: "${nameOf(owner)}" is left out, and its ${backups} deleted (deletionPolicy: "delete")`,
      );
    });
    return combine(await Promise.all(notices));
  } catch {
    // Another check reports a cluster that cannot be reached.
    return nothingWrong;
  }
}
