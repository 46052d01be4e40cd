import type { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { namespaces, storageClasses } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { volumeInfoKey } from "../../velero/layout.ts";
import { savedVolumeNames, volumesIn } from "../../velero/volume-info.ts";
import { dataClaims } from "./data-claims.ts";
import { foreseeLostData } from "./foresee-lost-data.ts";
import { lookAtTarget, type TargetCluster } from "./look-at-target.ts";
import { type Plan, planOf } from "./plan.ts";
import { type Captured, readContents } from "../read-contents.ts";
import type { RestoreOptions } from "./options.ts";
import type { Surroundings } from "./requirements.ts";
import { type Selected, selectItems } from "./select-items.ts";
import { sharedDisks } from "./shared-disks.ts";

/** A backup held against a target: what it holds, what of it is wanted, and what that comes to. */
export interface Examination {
  contents: readonly Captured[];
  items: readonly Selected[];
  target: TargetCluster;
  plan: Plan;
  surroundings: Surroundings;
  /** Why the data of some claims would not come back. */
  lostData: Problem | undefined;
}

/** Reads the backup from the store, and looks at the target by list calls alone. */
export async function examine(
  client: KubernetesClient,
  { store, storePrefix, backupName }: { store: ObjectStore; storePrefix: string; backupName: string },
  options: RestoreOptions,
): Promise<Examination> {
  const contents = await readContents(store, storePrefix, backupName);
  const [saved, target, around] = await Promise.all([
    store.get(volumeInfoKey(storePrefix, backupName)),
    lookAtTarget(client, (kinds) => selectItems(contents, options, kinds), options),
    lookAround(client),
  ]);
  const { items } = target;
  const files = { lines: saved ? volumesIn(saved) : [] };
  return {
    contents,
    items,
    target,
    lostData: foreseeLostData(dataClaims(contents, items, files), target, options, client.label.key),
    plan: planOf(items, target, options),
    surroundings: {
      ...around,
      sharedDisks: sharedDisks(items, contents, saved ? savedVolumeNames(saved) : []),
    },
  };
}

/** What there is in the target, whatever is restored. */
export async function lookAround(client: KubernetesClient): Promise<Surroundings> {
  const [classes, every] = await Promise.all([
    client.list({ type: storageClasses }).catch(hidden),
    client.list({ type: namespaces }).catch(hidden),
  ]);
  return {
    cluster: client.label.key,
    storageClasses: classes?.items.map(({ metadata }) => metadata.name),
    terminating: (every?.items ?? [])
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name),
    sharedDisks: [],
  };
}

/** Who may not look is not held up by what he cannot see. */
function hidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}
