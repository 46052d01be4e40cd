import { Problem, wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import { nameOf, stampOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Backup } from "../../velero/types.ts";
import { backupToAdopt } from "./backup-to-adopt.ts";
import { judgeBackup } from "./judge-backup.ts";
import { settledLabel, wishLabel } from "./our-backups.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { wishOf } from "./selection.ts";

/**
 * A Backup that is there already becomes this resource's. It cannot be changed any more, so what is declared has to be
 * what it has captured, and it is judged like one that was just taken; the last write stamps it, and a killed run
 * leaves it as it was.
 */
export async function adoptBackup(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  store: ObjectStore | undefined,
): Promise<{ adopted: Backup; volumesBackedUp?: number | undefined }> {
  const { live, isTaken } = await backupToAdopt(client, aim);
  if (isTaken) return { adopted: live };
  const { name, namespace } = live.metadata;
  const target = { type: backups, name, namespace: namespace ?? "" };
  const { problem, volumesBackedUp, notices } = await judgeBackup(live, aim, { client, store });
  for (const words of notices) tell(nameOf(aim.owner), words);
  if (problem) {
    throw new Problem({
      code: "NotComplete",
      property: "adopt",
      what: `Backup ${namespace}/${name} in cluster "${client.label.key}" is no good backup`,
      said: wordsOf(problem),
      todo: "Leave `adopt` out, and another backup is taken.",
      cause: problem,
    });
  }
  const { labels, annotations } = stampOf(aim);
  const stamped = await client.patch<Backup>(target, {
    metadata: { labels: { ...labels, [wishLabel]: wishOf(aim), [settledLabel]: "true" }, annotations },
  });
  return { adopted: stamped ?? live, volumesBackedUp };
}
