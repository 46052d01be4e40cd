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
import type { RestorePartOutputs } from "../../schemas/restore.ts";
import { drillLabel } from "../../velero/manifests.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import type { RestoreInCluster } from "./part.ts";

/** The one key that we write. Velero allows exactly one. */
const MODIFIERS = "resource-modifiers.yaml";

interface ConfigMap extends KubernetesObject {
  data: Record<string, string>;
}

/**
 * Returns the name of the ConfigMap with a restore's modifier rules. It is the same for each attempt, so that a killed
 * one leaves no other behind.
 */
export const modifiersNameOf = (part: RestoreInCluster): string =>
  `${part.objectName}-${restoreRequestHash(part)}`;

interface Beginning {
  backupName: string;
  /** The namespaces of the backup. */
  namespaces: readonly string[];
  now: Date;
  /** The objects to restore, if the backup could be read. */
  choice?: Choice | undefined;
  /** Is called as soon as the ConfigMap exists, even if the Restore fails later. */
  report: (found: Pick<RestorePartOutputs, "modifiersName">) => void;
}

/** Begins the Restore of a backup, after its ConfigMap. The name has the time, and the labels find it again. */
export async function beginRestore(
  client: KubernetesClient,
  part: RestoreInCluster,
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
      [restoreRequestLabel]: restoreRequestHash(part),
      ...(isDrill(part.whole) && { [drillLabel]: "true" }),
    },
    annotations,
  };
  return client.create<Restore>(restores, { metadata, spec } as Restore).catch(async (error: unknown) => {
    // A create is repeated if its response was lost. Then it conflicts with itself.
    const live = isConflict(error)
      ? await client.get<Restore>({ type: restores, name, namespace })
      : undefined;
    if (live && isIncarnation(live, part.incarnation)) return live;
    throw error;
  });
}

/** Waits for the end of the restore, and reports progress. */
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
        if (!live) throw restoreVanished(inCluster);
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

const restoreVanished = (place: string) =>
  new Problem({
    code: "DeletedExternally",
    what: `${place} was deleted while it was being waited for`,
    todo: "What it has restored stays. Change `triggers` to restore again.",
  });

/** The source, the triggers and the options that decide what is restored, as a hash. */
export const restoreRequestLabel = "pulumi-velero.io/request";

/** Returns a hash of the request for a restore. The chosen backup is not a part of it. */
export function restoreRequestHash({ whole, source, target }: RestoreInCluster): string {
  const { formerOwners: _former, aliases: _aliases, ...wanted } = whole.source;
  return shortHash(16, wanted, source, target.cluster, restoredBy(whole), whole.triggers ?? []);
}

/**
 * Returns the Restore that an earlier run of this resource has begun or finished for the same request, of any age: a
 * restore never begins a second time, even if the run that began it was killed before it wrote state. A Restore that is
 * being deleted does not count. Throws if a stack of the same name has done the restore.
 */
export async function findRestore(
  client: KubernetesClient,
  part: RestoreInCluster,
): Promise<Restore | undefined> {
  const { items } = await client.list<Restore>({
    type: restores,
    namespace: part.target.location.namespace,
    labelSelector: `${restoreRequestLabel}=${restoreRequestHash(part)}`,
  });
  const standing = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ours = standing.filter((restore) => isOwnedBy(restore, ownersOf(part)));
  const madeAt = ({ metadata }: Restore) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  // Each name has the time of the machine that chose it. The server's own time decides.
  const [found] = ours.toSorted(
    (a, b) => madeAt(b) - madeAt(a) || b.metadata.name.localeCompare(a.metadata.name),
  );
  if (found) return found;
  const namesake = standing.find((restore) => ownerIn(restore)?.owner === part.owner);
  if (namesake) throw restoredByNamesake(client, part, namesake);
  return undefined;
}

/** Refuses to restore: it may be the same resource with a lost state, and the restore would overwrite later changes. */
function restoredByNamesake(client: KubernetesClient, part: RestoreInCluster, restore: Restore): Problem {
  const { words, remedy } = describeOwnerOf(restore, ownersOf(part));
  const { metadata } = restore;
  return new Problem({
    code: "OwnedByAnother",
    property: "backup",
    what: `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}" has restored this already, and ${words}`,
    todo: `Nothing was restored. ${remedy ?? ""} To restore again in any case, set \`triggers\`.`,
  });
}
