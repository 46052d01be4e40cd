import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, schedules } from "../../kubernetes/resources.ts";
import type { ZoneEvidence } from "../../lifecycle/possible-zones.ts";
import { sharedAnswer, sharedList } from "../../lifecycle/shared-list.ts";
import type { Backup, Schedule } from "../../velero/types.ts";
import { getServerDeployment } from "../server-deployment.ts";
import { declaredZones } from "./declared-zones.ts";
import { dependsOnZone } from "./next-run-of.ts";
import { offsetSeen } from "./offset-seen.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

/**
 * Looks in which time zone the cluster's Velero runs, if the schedule depends on that. What cannot be seen leaves more
 * zones possible, and fails nothing.
 */
export async function lookAtZones(
  client: KubernetesClient,
  scheduled: Pick<ClusterBackupOutputs, "schedule" | "paused" | "location">,
): Promise<ZoneEvidence> {
  if (!dependsOnZone(scheduled)) return { declared: [] };
  const { namespace } = scheduled.location;
  const [deployment, every, taken] = await Promise.all([
    sharedAnswer(client, `server.${namespace}`, () => getServerDeployment(client, namespace)).catch(unseen),
    sharedList<Schedule>(client, schedules, namespace).catch(unseen),
    sharedList<Backup>(client, backups, namespace).catch(unseen),
  ]);
  return {
    declared: deployment ? declaredZones(deployment) : [],
    seen: every && taken && offsetSeen(every.values(), taken.values()),
  };
}

const unseen = (): undefined => undefined;
