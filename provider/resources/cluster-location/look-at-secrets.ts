import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { secrets } from "../../kubernetes/resources.ts";
import type { Secret } from "../../velero/manifests.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import { editedParts } from "./sent.ts";

/**
 * The Secrets that the locations were told to use: undefined is one that is gone. Those that may not be read here are
 * left out: a refresh often has fewer rights than an up.
 */
export async function lookAtSecrets(
  client: KubernetesClient,
  { sent = {}, incarnation, namespace }: ClusterLocationOutputs,
  locations: ReadonlyMap<string, BackupStorageLocation>,
): Promise<Map<string, Secret | undefined>> {
  const names = Object.entries(sent).flatMap(([location, each]) => {
    const live = locations.get(location);
    const name = live?.spec.credential?.name;
    // Another one that somebody has named there is not ours to read.
    return live && name && !editedParts(live, each, incarnation).includes("credential") ? [name] : [];
  });
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const target = { type: secrets, name, namespace };
      return client.get<Secret>(target).then(
        (secret) => [[name, secret] as const],
        (error: unknown) => {
          if (isForbidden(error)) return [];
          throw error;
        },
      );
    }),
  );
  return new Map(found.flat());
}
