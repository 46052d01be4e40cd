import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { complaintsOf, stateOf } from "../../velero/phases.ts";
import { errorWords } from "../../velero/results.ts";
import type { Backup } from "../../velero/types.ts";
import { missedVolumes, savedVolumes } from "../../velero/volume-info.ts";
import { type FilePlace, veleroFile } from "../velero-file.ts";
import type { ClusterBackupInputs } from "../cluster-backup/inputs.ts";

const SHOWN = 3;

export interface Judgement {
  problem?: Problem;
  /** Of how many volumes it holds data; absent where nobody looked. */
  volumesBackedUp?: number;
}

/**
 * Whether a finished backup is what was asked for; a Problem where it is not. Completed is not believed blindly: the
 * volumeinfo file tells which volumes it holds no data of.
 */
export async function judgeBackup(
  backup: Backup,
  inputs: ClusterBackupInputs,
  { client, store }: { client: KubernetesClient; store: ObjectStore | undefined },
): Promise<Judgement> {
  const { name } = backup.metadata;
  const place = `Backup ${inputs.location.namespace}/${name} in cluster "${inputs.cluster}"`;
  const stored = { ...inputs.location, client, store, name };
  const phase = backup.status?.phase ?? "";
  switch (stateOf(backup)) {
    case "completed":
      return judgeVolumes(`${place} is ${phase}`, inputs, stored);
    case "partiallyFailed": {
      if (inputs.allowPartialFailure) return judgeVolumes(`${place} is ${phase}`, inputs, stored);
      const results = await veleroFile("results", stored, "velero");
      return {
        problem: new Problem({
          code: phase,
          what: `${place} ended ${phase} (${complaintsOf(backup)})`,
          said: results && errorWords(results),
          todo: "Mend the cause and run up again, which takes another; or accept such backups with allowPartialFailure: true.",
        }),
      };
    }
    default:
      return {
        problem: new Problem({
          code: phase,
          // Velero has no word for it: "backup storage location", "object storage".
          property: /storage/i.test(complaintsOf(backup)) ? "location" : undefined,
          what: `${place} ended ${phase}`,
          said: complaintsOf(backup),
          todo: "Mend the cause and run up again, which takes another.",
        }),
      };
  }
}

async function judgeVolumes(
  what: string,
  inputs: ClusterBackupInputs,
  stored: FilePlace,
): Promise<Judgement> {
  if (inputs.volumes === "none") return {};
  const file = await veleroFile("volumeInfo", stored, "store");
  if (!file) return {};
  const volumesBackedUp = savedVolumes(file);
  const missed = missedVolumes(file);
  if (missed.length === 0) return { volumesBackedUp };
  const shown = missed.slice(0, SHOWN).map(({ volume, reason }) => `${volume} (${reason})`);
  const problem = new Problem({
    code: "VolumesMissed",
    property: "volumes",
    what: `${what}, and yet holds no data of ${missed.length} volume(s)`,
    said: shown.join("; ") + (missed.length > SHOWN ? "; …" : ""),
    todo: 'Give Velero a VolumeSnapshotLocation or CSI for them, or say volumes: "none" if their data need not be saved.',
  });
  return { problem, volumesBackedUp };
}
