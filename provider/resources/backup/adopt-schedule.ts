import type { KubernetesClient } from "../../kubernetes/client.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { nameOf, stampOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { Schedule } from "../../velero/types.ts";
import { requireInLocation, toTakeOver } from "./to-take-over.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

/**
 * Makes a Schedule ours that is there already, as the first step of the create; what it is to be like follows as for
 * any of ours. Of its earlier backups nothing is touched: what carries no label of ours is never deleted by us. Tells
 * whether a Schedule was to be taken over.
 */
export async function adoptSchedule(client: KubernetesClient, aim: ClusterBackupOutputs): Promise<boolean> {
  if (aim.adopt === undefined || aim.scheduleName !== undefined) return false;
  const { namespace } = aim.location;
  const target = { type: schedules, name: aim.adopt, namespace };
  const { object, isOurs } = toTakeOver(client, aim, schedules, await client.get<Schedule>(target));
  if (isOurs) return true;
  requireInLocation(client, aim, object, object.spec.template.storageLocation);
  const { labels, annotations } = stampOf(aim);
  await client.patch(target, { metadata: { labels, annotations } });
  tell(
    nameOf(aim.owner),
    `takes over Schedule ${namespace}/${aim.adopt} in cluster "${aim.cluster}". Backups that it has made so far count ` +
      'for its health, and are kept whatever deletionPolicy says: deletionPolicy: "delete" is for those it makes from now on',
  );
  return true;
}
