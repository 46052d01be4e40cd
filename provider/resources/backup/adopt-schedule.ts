import type { KubernetesClient } from "../../kubernetes/client.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { nameOf, stampOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { Schedule } from "../../velero/types.ts";
import { adoptionInWords } from "../adoption-in-words.ts";
import { inControl } from "../in-control.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { scheduleToAdopt } from "./schedule-to-adopt.ts";

/**
 * Makes a Schedule ours that is there already, as the first step of the create; what it is to be like follows as for
 * any of ours. Of its earlier backups nothing is touched: what carries no label of ours is never deleted by us. Returns
 * what stays of its template, where a Schedule is taken over.
 */
export async function adoptSchedule(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
): Promise<Pick<ClusterBackupOutputs, "kept"> | undefined> {
  const found = await scheduleToAdopt(client, aim);
  if (!found) return undefined;
  const kept = found.foreseen.keptSpec;
  if (found.isOurs) return { kept };
  const { name, namespace = "" } = found.object.metadata;
  const { labels, annotations } = stampOf(aim);
  await client.patch<Schedule>({ type: schedules, name, namespace }, { metadata: { labels, annotations } });
  tell(
    nameOf(aim.owner),
    `takes over Schedule ${namespace}/${name} in cluster "${aim.cluster}". Backups that it has made so far count ` +
      'for its health, and are kept whatever deletionPolicy says: deletionPolicy: "delete" is for those it makes from now on. ' +
      adoptionInWords(found.foreseen) +
      inControl(found.object),
  );
  return { kept };
}
