import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { serverAnswer } from "../server-answer.ts";
import { signsOfLife } from "./signs-of-life.ts";

/**
 * Why a location that is called Available may have no Velero any more, or undefined where it has one. A refresh writes
 * nothing for it but where a location has no frequency of its own and no location tells of life: only then is the server
 * asked, once for all resources of a process. A Velero that is dead does not answer, and is told all the same.
 */
export async function doubtVelero(
  client: KubernetesClient,
  place: BackupStorageLocation,
  all: Iterable<BackupStorageLocation>,
  now: Date,
): Promise<string | undefined> {
  const { name, namespace = "" } = place.metadata;
  const signs = signsOfLife(place, all, now);
  if (signs.kind === "alive") return undefined;
  const stale =
    `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}" was not validated since ` +
    `${place.status?.lastValidationTime}`;
  if (signs.kind !== "silent") return `${stale}: is Velero's server still running?`;
  const answer = await serverAnswer(client, namespace);
  if (answer === "answered") return undefined;
  const refusal =
    answer === "silent"
      ? "Velero's server does not answer"
      : "these credentials may not ask Velero's server (create serverstatusrequests)";
  return `${stale}, no location there was validated or synced since ${signs.since}, and ${refusal}: is it still running?`;
}
