import { Problem } from "../../errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { resultsKey, volumeInfoKey } from "../../velero/layout.ts";
import { complaintsOf, stateOf } from "../../velero/phases.ts";
import { firstErrors } from "../../velero/results.ts";
import type { Backup } from "../../velero/types.ts";
import { missedVolumes } from "../../velero/volume-info.ts";
import type { ClusterBackupInputs } from "./inputs.ts";

const SHOWN = 3;

/**
 * Whether a finished backup is what was asked for; a Problem where it is not. Completed is not believed blindly: the
 * volumeinfo file tells which volumes it holds no data of.
 */
export async function judgeBackup(
  backup: Backup,
  inputs: ClusterBackupInputs,
  store: ObjectStore | undefined,
): Promise<Problem | undefined> {
  const place = `Backup ${inputs.location.namespace}/${backup.metadata.name} in cluster "${inputs.cluster}"`;
  const phase = backup.status?.phase ?? "";
  switch (stateOf(backup)) {
    case "completed":
      return volumesProblem(place, backup, inputs, store);
    case "partiallyFailed": {
      if (inputs.allowPartialFailure) return volumesProblem(place, backup, inputs, store);
      const words = await errorWords(backup, inputs, store);
      return new Problem({
        code: phase,
        what: `${place} ended ${phase} (${complaintsOf(backup)})`,
        said: words,
        todo: "Mend the cause and run up again, which takes another; or accept such backups with allowPartialFailure: true.",
      });
    }
    default:
      return new Problem({
        code: phase,
        // Velero has no word for it: "backup storage location", "object storage".
        property: /storage/i.test(complaintsOf(backup)) ? "location" : undefined,
        what: `${place} ended ${phase}`,
        said: complaintsOf(backup),
        todo: "Mend the cause and run up again, which takes another.",
      });
  }
}

async function volumesProblem(
  place: string,
  backup: Backup,
  inputs: ClusterBackupInputs,
  store: ObjectStore | undefined,
): Promise<Problem | undefined> {
  if (inputs.volumes === "none" || !store) return undefined;
  const file = await store.get(volumeInfoKey(inputs.location.storePrefix, backup.metadata.name));
  const missed = file ? missedVolumes(file) : [];
  if (missed.length === 0) return undefined;
  const shown = missed.slice(0, SHOWN).map(({ volume, reason }) => `${volume} (${reason})`);
  return new Problem({
    code: "VolumesMissed",
    property: "volumes",
    what: `${place} is Completed, and yet holds no data of ${missed.length} volume(s)`,
    said: shown.join("; ") + (missed.length > SHOWN ? "; …" : ""),
    todo: 'Give Velero a VolumeSnapshotLocation or CSI for them, or say volumes: "none" if their data need not be saved.',
  });
}

async function errorWords(
  backup: Backup,
  { location }: ClusterBackupInputs,
  store: ObjectStore | undefined,
): Promise<string | undefined> {
  const file = await store
    ?.get(resultsKey(location.storePrefix, backup.metadata.name))
    .catch(() => undefined);
  return file ? firstErrors(file, SHOWN).join("; ") : undefined;
}
