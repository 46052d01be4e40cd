import type { Deadline } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { describeOwnerOf, ownerIn, ownersOf, stampOf, userMetadataOf } from "../../core/identity.ts";
import type { Progress } from "../../core/notices.ts";
import { shortHash } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ensure, isIncarnation, isOwnedBy } from "../../kubernetes/ensure.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { configMaps, type KubernetesObject, restores } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Choice } from "../../restore-model/choose-items.ts";
import { modifierRules, shapeOf } from "../../restore-model/modifiers.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import { isDrill, restoredBy, restoreSpecOf } from "../../schemas/restore-options.ts";
import type { RestorePart } from "../../schemas/restore-outputs.ts";
import { drillLabel } from "../../velero/labels.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import type { Part } from "./part.ts";

/** The one key that Velero allows such a ConfigMap. */
const MODIFIERS = "resource-modifiers.yaml";

interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/** The ConfigMap with the rules of a restore: the same for each try, so that a killed one leaves none behind. */
export const modifiersNameOf = (part: Part): string => `${part.objectName}-${restoreWishOf(part)}`;

interface Beginning {
  backupName: string;
  /** Those of the backup. */
  namespaces: readonly string[];
  now: Date;
  /** The objects that are restored, if they could be seen. */
  choice?: Choice | undefined;
  /** Called once the ConfigMap is there, whatever becomes of the Restore. */
  report: (found: Pick<RestorePart, "modifiersName">) => void;
}

/**
 * Begins the Restore of that backup, with its ConfigMap before it. It is named by its time, and found again by
 * its labels.
 */
export async function beginRestore(
  client: KubernetesClient,
  part: Part,
  { backupName, namespaces, now, choice, report }: Beginning,
): Promise<Restore> {
  const { namespace } = part.target.location;
  const name = `${part.objectName}-${now.toISOString().replace(/\D/g, "").slice(0, 14)}`;
  const { labels, annotations } = stampOf({ ...part, ...userMetadataOf(part.whole) });
  const rules = modifierRules(part.whole, choice && shapeOf(choice.items, choice.volumes?.consumers ?? []));
  const modifiersName = rules && modifiersNameOf(part);
  if (modifiersName !== undefined) {
    const modifiers: ConfigMap = {
      metadata: { name: modifiersName, namespace, labels, annotations },
      data: { [MODIFIERS]: JSON.stringify({ version: "v1", resourceModifierRules: rules }, undefined, 2) },
    };
    await ensure(client, configMaps, modifiers, { owners: ownersOf(part), whole: ["data"] });
    report({ modifiersName });
  }
  const spec = restoreSpecOf(choice?.options ?? part.whole, {
    backupName,
    namespaces,
    modifiers: modifiersName,
  });
  const metadata = {
    name,
    namespace,
    labels: {
      ...labels,
      [restoreWishLabel]: restoreWishOf(part),
      ...(isDrill(part.whole) && { [drillLabel]: "true" }),
    },
    annotations,
  };
  return client.create<Restore>(restores, { metadata, spec } as Restore).catch(async (error: unknown) => {
    // A create whose answer was lost on the way, and that was repeated, conflicts with itself.
    const live = isConflict(error)
      ? await client.get<Restore>({ type: restores, name, namespace })
      : undefined;
    if (live && isIncarnation(live, part.incarnation)) return live;
    throw error;
  });
}

/** Waits for its end, and says meanwhile how far it is. */
export function awaitRestore(
  client: KubernetesClient,
  { metadata: { name, namespace = "" } }: Restore,
  { deadline, progress }: { deadline: Deadline; progress: Progress },
): Promise<Restore> {
  const place = `Restore ${namespace}/${name}`;
  const inCluster = `${place} in cluster "${client.label.key}"`;
  return whileVeleroWorks(client, namespace, `${place} does not get on`, (signal) =>
    waitFor<Restore, Restore>(
      client,
      { type: restores, name, namespace },
      (live) => {
        if (!live) throw vanished(inCluster);
        const { itemsRestored = 0, totalItems } = live.status?.progress ?? {};
        progress.report(
          `${place} is ${live.status?.phase ?? "New"}`,
          totalItems ? `${itemsRestored} of ${totalItems} items` : "",
        );
        return restoreStateOf(live) === "running" ? undefined : live;
      },
      {
        deadline,
        signal,
        what: `${inCluster} did not finish`,
        todo: "It goes on in the cluster; the next up waits for it again. A longer `timeouts.create` waits longer.",
      },
    ),
  );
}

const vanished = (place: string) =>
  new Problem({
    code: "DeletedExternally",
    what: `${place} was deleted while it was being waited for`,
    todo: "What it has restored stays. Change `triggers` to restore again.",
  });

/** Which source, triggers and options that decide what is restored a Restore stands for. */
export const restoreWishLabel = "pulumi-velero.io/wish";

/** Tells one wish for a restore from another, whatever backup it came to. */
export function restoreWishOf({ whole, source, target }: Part): string {
  const { formerOwners: _former, aliases: _aliases, ...wanted } = whole.source;
  return shortHash(16, wanted, source, target.cluster, restoredBy(whole), whole.triggers ?? []);
}

/**
 * What an earlier run of this resource has begun or done for the same wish, at any age: a restore is never begun a
 * second time, also where the run that began it was killed before it could say so. One that is being deleted is none.
 * Fails where a stack of the same name has done it.
 */
export async function findRestore(client: KubernetesClient, part: Part): Promise<Restore | undefined> {
  const { items } = await client.list<Restore>({
    type: restores,
    namespace: part.target.location.namespace,
    labelSelector: `${restoreWishLabel}=${restoreWishOf(part)}`,
  });
  const standing = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ours = standing.filter((restore) => isOwnedBy(restore, ownersOf(part)));
  const madeAt = ({ metadata }: Restore) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  // Each name has the time of the machine that chose it; the server's own time decides.
  const [found] = ours.toSorted(
    (a, b) => madeAt(b) - madeAt(a) || b.metadata.name.localeCompare(a.metadata.name),
  );
  if (found) return found;
  const namesake = standing.find((restore) => ownerIn(restore)?.owner === part.owner);
  if (namesake) throw restoredByNamesake(client, part, namesake);
  return undefined;
}

/** It may be this very restore, by a state that was lost: then it would restore over what has been changed since. */
function restoredByNamesake(client: KubernetesClient, part: Part, restore: Restore): Problem {
  const { words, remedy } = describeOwnerOf(restore, ownersOf(part));
  const { metadata } = restore;
  return new Problem({
    code: "OwnedByAnother",
    property: "backup",
    what: `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}" has restored this already, and ${words}`,
    todo: `Nothing was restored. ${remedy ?? ""} To restore again in any case, set \`triggers\`.`,
  });
}
