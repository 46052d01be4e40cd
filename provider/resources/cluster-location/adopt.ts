import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations, secrets } from "../../kubernetes/resources.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { describeOwnerOf, type Owned, ownerLabel, ownersOf } from "../../lifecycle/identity.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { pluginConfig } from "../../storage/plugin-config.ts";
import { veleroWay } from "../../storage/ways.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { elsewhere, liesThere } from "./live-place.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/**
 * Whether a location that exists is to be taken over, and has not been. A name that was adopted by an earlier
 * incarnation, or is merely left in the program, is none of that.
 */
export const isAdopting = ({ adopt, locationName, adopted }: Partial<ClusterLocationOutputs>): boolean =>
  adopt !== undefined && adopt === locationName && adopted !== true;

/**
 * The location that is to be taken over, as it is now; a Problem where it cannot be, before anything is changed. What
 * a killed run has taken over already is found again.
 */
export async function findAdopted(
  client: KubernetesClient,
  aim: ClusterLocationInputs & Owned,
): Promise<BackupStorageLocation> {
  const { namespace, locationName: name } = aim;
  const what = `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}"`;
  const property = `${client.label.property}.adopt`;
  const { items } = await client.list<BackupStorageLocation>({ type: locations, namespace });
  const live = items.find(({ metadata }) => metadata.name === name);
  if (!live) {
    const there = items.map(({ metadata }) => metadata.name).join(", ");
    throw new Problem({
      code: "NothingToAdopt",
      property,
      what: `there is no ${what}, but ${there || "no other one either"}`,
      todo: "Name the one to take over, or leave `adopt` out to have one made.",
    });
  }
  if (live.metadata.labels?.[ownerLabel] !== undefined && !isOwnedBy(live, ownersOf(aim))) {
    const { words, remedy } = describeOwnerOf(live, ownersOf(aim));
    throw new Problem({
      code: "AdoptedTaken",
      property,
      what: `${what} ${words}`,
      todo: `Nothing was changed. ${remedy ?? "Use that one by its handle (`locationFrom`), or destroy it first."}`,
    });
  }
  if (!liesThere(live, aim)) throw elsewhere(live, aim, { property, what });
  await refuseSecret(client, aim);
  return live;
}

/** Ours will have the location's name. */
async function refuseSecret(client: KubernetesClient, aim: ClusterLocationInputs & Owned): Promise<void> {
  const { storage, declaredAs } = veleroWay(aim, aim.cluster);
  if (pluginConfig(resolveStorage(storage, declaredAs)).credentialFile === undefined) return;
  const { namespace, locationName: name } = aim;
  const live = await client.get({ type: secrets, name, namespace });
  if (!live || isOwnedBy(live, ownersOf(aim))) return;
  throw new Problem({
    code: "AdoptedTaken",
    property: `${client.label.property}.adopt`,
    what:
      `Secret ${namespace}/${name} in cluster "${client.label.key}", whose name is that of the location and so of its ` +
      `Secret, ${describeOwnerOf(live, ownersOf(aim)).words}`,
    todo:
      "Nothing was changed. Have Velero go on with it (credentials: { existingSecret: { name, key } }), or give it " +
      "another name.",
  });
}
