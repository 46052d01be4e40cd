import type { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, namespaces, storageClasses } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { volumeInfoKey } from "../../velero/layout.ts";
import { savedVolumeNames, volumesIn } from "../../velero/volume-info.ts";
import { savedClaims } from "../volumes/saved-claims.ts";
import { type Choice, chooseItems } from "./choose-items.ts";
import { dataClaims } from "./data-claims.ts";
import { foreseeLostData } from "./foresee-lost-data.ts";
import { lookAtTarget, type TargetCluster } from "./look-at-target.ts";
import { type Plan, planOf } from "./plan.ts";
import { type Captured, readContents } from "../read-contents.ts";
import { isDrill, type RestoreOptions } from "./options.ts";
import type { Surroundings } from "./requirements.ts";
import { sharedDisks } from "./shared-disks.ts";

/** A backup held against a target: what it holds, what of it is wanted, and what that comes to. */
export interface Examination extends Choice {
  contents: readonly Captured[];
  target: TargetCluster;
  plan: Plan;
  surroundings: Surroundings;
  /** Names of the volumes whose data the backup holds. */
  savedVolumes: readonly string[];
  /** Why the data of some claims would not come back. A drill tells that by its `volumes`. */
  lostData: Problem | undefined;
}

/** Reads the backup from the store, and looks at the target by list calls alone. */
export async function examine(
  client: KubernetesClient,
  {
    store,
    storePrefix,
    backupName,
    veleroNamespace,
  }: { store: ObjectStore; storePrefix: string; backupName: string; veleroNamespace: string },
  options: RestoreOptions,
): Promise<Examination> {
  const contents = await readContents(store, storePrefix, backupName);
  const [volumeInfo, { lateClasses, ...around }] = await Promise.all([
    store.get(volumeInfoKey(storePrefix, backupName)),
    lookAround(client),
  ]);
  const saved = savedClaims(contents, { lines: volumeInfo ? volumesIn(volumeInfo) : [] });
  const savedVolumes = volumeInfo ? savedVolumeNames(volumeInfo) : [];
  const { chosen, ...target } = await lookAtTarget(
    client,
    (kinds) => chooseItems(contents, options, kinds, { saved, lateClasses, veleroNamespace }),
    options,
  );
  const { items } = chosen;
  return {
    ...chosen,
    contents,
    target,
    lostData: isDrill(options)
      ? undefined
      : foreseeLostData(dataClaims(items, saved), target, options, client.label.key),
    plan: planOf(items, target, options),
    surroundings: { ...around, sharedDisks: sharedDisks(items, contents, savedVolumes) },
    savedVolumes,
  };
}

interface StorageClass extends KubernetesObject {
  volumeBindingMode?: string;
}

/** What there is in the target, whatever is restored. */
export async function lookAround(
  client: KubernetesClient,
): Promise<Surroundings & { lateClasses: readonly string[] }> {
  const [classes, every] = await Promise.all([
    client.list<StorageClass>({ type: storageClasses }).catch(hidden),
    client.list({ type: namespaces }).catch(hidden),
  ]);
  const named = (all: readonly KubernetesObject[]) => all.map(({ metadata }) => metadata.name);
  return {
    cluster: client.label.key,
    storageClasses: classes && named(classes.items),
    lateClasses: named(
      (classes?.items ?? []).filter(({ volumeBindingMode }) => volumeBindingMode === "WaitForFirstConsumer"),
    ),
    terminating: named(
      (every?.items ?? []).filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    ),
    sharedDisks: [],
  };
}

/** Who may not look is not held up by what he cannot see. */
function hidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
