import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { configMaps, type KubernetesObject, restores } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { ensure, isIncarnation } from "../../lifecycle/ensure.ts";
import { ownersOf, stampOf } from "../../lifecycle/identity.ts";
import { userMetadataOf } from "../../lifecycle/user-metadata.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { drillLabel } from "../../velero/labels.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";
import type { Choice } from "./choose-items.ts";
import { shapeOf } from "./drill-rules.ts";
import { modifierRules } from "./modifiers.ts";
import { isDrill, restoreSpecOf } from "./options.ts";
import { restoreWishLabel, restoreWishOf } from "./our-restores.ts";
import type { RestorePart } from "./outputs.ts";
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
    code: "Vanished",
    what: `${place} was deleted while it was being waited for`,
    todo: "What it has restored stays. Change `triggers` to restore again.",
  });
