import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, namespaces, storageClasses } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { itemOperationsIn } from "../../velero/item-operations.ts";
import { itemOperationsKey, podVolumeBackupsKey, volumeInfoKey } from "../../velero/layout.ts";
import { podVolumeBackupsIn } from "../../velero/pod-volume-backups.ts";
import { savedVolumeNames, volumesIn } from "../../velero/volume-info.ts";
import { furtherFiles } from "../volumes/further-files.ts";
import { savedClaims } from "../volumes/saved-claims.ts";
import { VOLUME_KINDS } from "../volumes/volume-objects.ts";
import { type Choice, chooseItems } from "./choose-items.ts";
import { dataClaims } from "./data-claims.ts";
import { foreseeLostData } from "./foresee-lost-data.ts";
import { lookAtTarget, type TargetCluster } from "./look-at-target.ts";
import { type Plan, planOf } from "./plan.ts";
import { type Captured, readContents } from "../read-contents.ts";
import { isDrill, provesData, type RestoreOptions } from "./options.ts";
import { outOfSight } from "./require-sight.ts";
import type { Selected } from "./select-items.ts";
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

/** Reads the backup from the store, and looks at the target by list calls alone. To compare, it needs all of each object. */
export async function examine(
  client: KubernetesClient,
  {
    store,
    storePrefix,
    backupName,
    veleroNamespace,
  }: { store: ObjectStore; storePrefix: string; backupName: string; veleroNamespace: string },
  options: RestoreOptions,
  { compares = false }: { compares?: boolean } = {},
): Promise<Examination> {
  const contents = await readContents(store, storePrefix, backupName);
  const read = async <T>(keyOf: (prefix: string, backup: string) => string, parse: (file: Buffer) => T) => {
    const file = await store.get(keyOf(storePrefix, backupName));
    return file && parse(file);
  };
  const [noted, { lateClasses, ...around }] = await Promise.all([
    read(volumeInfoKey, volumesIn),
    lookAround(client),
  ]);
  const lines = noted ?? [];
  const files = await furtherFiles({ lines }, contents, {
    podVolumeBackups: () => read(podVolumeBackupsKey, podVolumeBackupsIn),
    operations: () => read(itemOperationsKey, itemOperationsIn),
  });
  const saved = savedClaims(contents, files);
  const savedVolumes = savedVolumeNames(lines);
  const { chosen, ...target } = await lookAtTarget(
    client,
    (kinds) => chooseItems(contents, options, kinds, { saved, lateClasses, veleroNamespace }),
    { ...options, compares },
  );
  const { items } = chosen;
  if (!noted && provesData(options) && items.some(isClaim)) throw dataUnlisted(backupName);
  return {
    ...chosen,
    contents,
    target,
    lostData: isDrill(options)
      ? undefined
      : foreseeLostData(dataClaims(items, saved), target, options, client.label.key),
    plan: planOf(items, target, options),
    surroundings: {
      ...around,
      sharedDisks: sharedDisks(items, contents, savedVolumes),
      outOfSight: outOfSight(items, target),
    },
    savedVolumes,
  };
}

const isClaim = ({ resource }: Selected): boolean => resource === VOLUME_KINDS.claims;

const dataUnlisted = (backupName: string) =>
  new Problem({
    code: "DataNotProven",
    property: "drill",
    what: `nobody can say of which claims Backup ${backupName} holds the data, so that no drill can prove it: Velero's list of its volumes (volumeinfo) is not in the store`,
    todo: 'A drill of objects alone is drill: { data: "objectsOnly" }.',
  });

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
    outOfSight: [],
  };
}

/** Who may not look is not held up by what he cannot see. */
function hidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
