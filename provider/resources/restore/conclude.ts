import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { incarnationLabel } from "../../lifecycle/identity.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { settledLabel } from "../backup/our-backups.ts";
import { clearDrill, markDrilled } from "./drill.ts";
import { examine } from "./examine.ts";
import { judgeRestore, type RestoreJudgement } from "./judge-restore.ts";
import { lookForLostData } from "./look-for-lost-data.ts";
import { modifierRules } from "./modifiers.ts";
import { isDrill, keepsDrill, verifies } from "./options.ts";
import type { RestorePart } from "./outputs.ts";
import type { Part } from "./part.ts";
import { type Place, placeOf } from "./place-of.ts";
import { requireSight } from "./require-sight.ts";
import { modifiersNameOf } from "./run-restore.ts";
import { verify } from "./verify.ts";

/** How many objects were found to be as the backup has them, once it has been looked at. */
const verifiedAnnotation = "pulumi-velero.io/verified";

/** Judges a restore that has ended, verifies it where that is asked for, settles it, and clears a drill away. */
export async function conclude(
  client: KubernetesClient,
  part: Part,
  ended: Restore,
  { deadline, report }: { deadline: Deadline; report: (found: Partial<RestorePart>) => void },
): Promise<void> {
  const place = await placeOf(client, part);
  const judgement = await judgeRestore(ended, {
    client,
    ...place,
    allowPartialFailure: part.whole.allowPartialFailure === true,
  });
  const { counts, items } = judgement;
  report({ ...counts });
  // Of one that was settled they were marked: what is there by their names now may be anybody's.
  if (isDrill(part.whole) && !isSettled(ended)) {
    requireList(ended, judgement, client);
    report({ drilled: await markDrilled(client, part, ended, items) });
  }
  const problem =
    judgement.problem ??
    (isSettled(ended, "true") ? undefined : await lookForLostData(client, part, ended, { place, judgement }));
  if (problem) {
    await settle(client, part, ended, { verdict: "rejected" });
    throw problem;
  }
  const verified = verifiedBefore(ended) ?? (await verifyRestored(client, part, ended, place));
  report({ verified });
  // Before it is cleared: a run that is killed in between must not look again for what is gone.
  await settle(client, part, ended, { verdict: "true", verified });
  if (isDrill(part.whole) && !keepsDrill(part.whole)) {
    await clearDrill(client, part, deadline);
    report({ drilled: [] });
  }
}

/**
 * A drill that cannot know what it has made could never remove it. Also one that Failed may have made all of it: Velero
 * gives up where it cannot store what it has done (velero `pkg/controller/restore_controller.go`, runValidatedRestore).
 */
function requireList(
  ended: Restore,
  { problem, counts, unread }: RestoreJudgement,
  { label }: KubernetesClient,
): void {
  if (counts || restoreStateOf(ended) === "refused") return;
  const { name, namespace } = ended.metadata;
  throw (
    problem ??
    new Problem({
      code: "DrillUnlisted",
      property: "drill",
      what: `what Restore ${namespace}/${name} in cluster "${label.key}" has made is not known, so nothing of it can be removed`,
      said: unread ?? "its list is not in the store",
      todo: "The next up looks again.",
    })
  );
}

const isSettled = ({ metadata }: Restore, verdict = metadata.labels?.[settledLabel]): boolean =>
  verdict !== undefined && metadata.labels?.[settledLabel] === verdict;

const verifiedBefore = ({ metadata }: Restore): number | undefined => {
  const said = metadata.annotations?.[verifiedAnnotation];
  return said === undefined ? undefined : Number(said);
};

async function verifyRestored(
  client: KubernetesClient,
  part: Part,
  { metadata, spec }: Restore,
  { store, storePrefix }: Place,
): Promise<number | undefined> {
  if (!store || !verifies(part.whole)) return undefined;
  const { items, target } = await examine(
    client,
    { store, storePrefix, backupName: spec.backupName ?? "" },
    part.whole,
  );
  const place = `Restore ${metadata.namespace}/${metadata.name} in cluster "${client.label.key}"`;
  requireSight(target, part.whole, { place: `${place} has restored`, undone: "The next up compares again." });
  return verify(items, target, part.whole, place);
}

/** The last write, or the last before a drill is cleared. Whichever run has begun it, it is this incarnation's now. */
async function settle(
  client: KubernetesClient,
  part: Part,
  { metadata: { name, namespace = "" } }: Restore,
  { verdict, verified }: { verdict: "true" | "rejected"; verified?: number | undefined },
): Promise<void> {
  const ours = { [incarnationLabel]: part.incarnation };
  if (modifierRules(part.whole)) {
    await client.patch(
      { type: configMaps, name: modifiersNameOf(part), namespace },
      { metadata: { labels: ours } },
    );
  }
  const labels = { ...ours, [settledLabel]: verdict };
  const annotations = verified === undefined ? {} : { [verifiedAnnotation]: String(verified) };
  await client.patch({ type: restores, name, namespace }, { metadata: { labels, annotations } });
}
