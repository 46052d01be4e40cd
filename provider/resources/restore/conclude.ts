import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { restores } from "../../kubernetes/resources.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { RestoredItem } from "../../velero/restore-results.ts";
import type { Restore } from "../../velero/types.ts";
import { settledLabel } from "../backup/our-backups.ts";
import { clearDrill, drilledNow, markDrilled, tellLeft } from "./drill.ts";
import { judgeRestore, type RestoreJudgement } from "./judge-restore.ts";
import { lookForLostData } from "./look-for-lost-data.ts";
import { isDrill, keepsDrill } from "./options.ts";
import type { RestorePart } from "./outputs.ts";
import type { Part } from "./part.ts";
import { placeOf } from "./place-of.ts";
import { dataAtOnce, type Found, proveRestored } from "./prove-restored.ts";

/** How many objects were found to be as the backup has them, once it has been looked at. */
const verifiedAnnotation = "pulumi-velero.io/verified";
/** The annotation has the fate of the data of claims, as JSON, once it has been looked at. */
const dataAnnotation = "pulumi-velero.io/volumes";

/** Judges a restore that has ended, verifies it where that is asked for, settles it, and clears a drill away. */
export async function conclude(
  client: KubernetesClient,
  part: Part,
  ended: Restore,
  how: Waiting & { report: (found: Partial<RestorePart>) => void },
): Promise<void> {
  const { deadline, report } = how;
  const place = await placeOf(client, part);
  const judgement = await judgeRestore(ended, {
    client,
    ...place,
    allowPartialFailure: part.whole.allowPartialFailure === true,
  });
  const { counts, items } = judgement;
  report({ ...counts });
  const { name, namespace = "" } = ended.metadata;
  const restored = { name, namespace, backupName: ended.spec.backupName ?? "" };
  let strayed: string[] = [];
  if (isDrill(part.whole)) {
    if (!isSettled(ended)) requireList(ended, judgement, client);
    const drilled = isSettled(ended)
      ? // They were marked: what else is there by their names now may be anybody's.
        (await drilledNow(client, part)).map((namespace) => namespace.metadata.name)
      : await markDrilled(client, part, ended, items);
    report({ drilled });
    strayed = outside(items, drilled);
  }
  const problem =
    judgement.problem ??
    // A drill has to prove more, and does it below.
    (isDrill(part.whole) || isSettled(ended, "true")
      ? undefined
      : await lookForLostData(client, part, ended, { place, judgement }));
  if (problem) {
    report(await dataAtOnce(client, part, restored, place));
    await settle(client, ended, { verdict: "rejected" });
    throw problem;
  }
  const found = foundBefore(ended) ?? (await proveRestored(client, part, restored, { place, ...how }));
  report(found);
  // Before it is cleared: a run that is killed in between must not look again for what is gone.
  await settle(client, ended, { verdict: "true", found });
  if (isDrill(part.whole) && !keepsDrill(part.whole)) {
    const { left } = await clearDrill(client, part, deadline);
    report({ drilled: [], left: [...left, ...strayed] });
    tellLeft(client, part, [...left, ...strayed]);
  }
}

interface Waiting {
  deadline: Deadline;
  progress: Progress;
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

/** Reads the findings of a run that was killed after it had settled the restore. */
function foundBefore({ metadata }: Restore): Found | undefined {
  const { [verifiedAnnotation]: verified, [dataAnnotation]: data } = metadata.annotations ?? {};
  if (verified === undefined) return undefined;
  return { verified: Number(verified), ...(data !== undefined && (JSON.parse(data) as Found)) };
}

/** Names the objects of a drill that lie in none of its namespaces, and are no snapshots. */
const outside = (items: readonly RestoredItem[], drilled: readonly string[]): string[] =>
  items
    .filter(
      ({ kind, namespace, action }) =>
        action === "created" &&
        !(namespace === undefined
          ? /\/(Namespace|VolumeSnapshotContent)$/.test(kind)
          : drilled.includes(namespace)),
    )
    .map(({ kind, namespace, name }) => `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`);

/** The last write, or the last before a drill is cleared. */
async function settle(
  client: KubernetesClient,
  { metadata: { name, namespace = "" } }: Restore,
  { verdict, found = {} }: { verdict: "true" | "rejected"; found?: Found },
): Promise<void> {
  const labels = { [settledLabel]: verdict };
  const { verified, ...data } = found;
  const annotations = {
    ...(verified !== undefined && { [verifiedAnnotation]: String(verified) }),
    ...(data.volumesProven !== undefined && { [dataAnnotation]: JSON.stringify(data) }),
  };
  await client.patch({ type: restores, name, namespace }, { metadata: { labels, annotations } });
}
