import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown, isUnknown } from "../../lifecycle/unknown.ts";
import { adoptionInWords } from "../adoption-in-words.ts";
import type { ClusterBackupInputs } from "../cluster-backup/inputs.ts";
import { nothingWrong, type Verdict, verdictOn } from "../preflight/verdict.ts";
import { inControl } from "../in-control.ts";
import { backupToAdopt } from "./backup-to-adopt.ts";
import { isScheduled } from "./declaration.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { scheduleToAdopt } from "./schedule-to-adopt.ts";

/** One that is not there may be what the same up is to make. */
const DEFINITE = ["NotOurs", "AnotherLocation", "NotComplete", "TakenOver"];

/** Tells what becomes of the Schedule or Backup that a create takes over, and refuses one that it cannot take over. */
export async function lookAtAdopted(inputs: ClusterBackupInputs): Promise<Verdict> {
  const { adopt, connection, cluster, location, owner } = inputs;
  if (adopt === undefined || isUnknown(location) || connection.offline) return nothingWrong;
  // A lineage that is not known yet is that of nothing that exists.
  const { locationName, namespace } = location;
  if (hasUnknown([adopt, connection, cluster, location.owner, locationName, namespace, owner]))
    return nothingWrong;
  const open = await openCluster(connection, clusterLabel(cluster), undefined).catch(() => undefined);
  // That the cluster cannot be asked is told by the look at it.
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

/** Whether the up tells Velero what is declared as it is declared: it resolves patterns and names of kinds. */
const isResolved = ({
  includedNamespaces = [],
  excludedNamespaces = [],
  orderedResources,
}: ClusterBackupInputs): boolean =>
  orderedResources === undefined &&
  ![...includedNamespaces, ...excludedNamespaces].some((entry) => /[^a-z0-9-]/.test(entry));
