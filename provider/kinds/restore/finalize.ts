import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import type { Progress } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { restores } from "../../kubernetes/resources.ts";
import { isDrill, keepsDrill, verifies } from "../../schemas/restore-options.ts";
import type { RestoreOptions } from "../../velero/restore-option-entries.ts";
import type { RestoreCounts, RestorePartOutputs } from "../../schemas/restore.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { errorWords, type RestoredItem, restoredItems } from "../../velero/backup-files.ts";
import { acceptedLabel } from "../../velero/manifests.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { veleroFile } from "../../velero/velero-file.ts";
import { clearDrill, drilledNow, markDrilled, tellLeft } from "./drill.ts";
import { lookForLostData } from "./look-for-lost-data.ts";
import { type RestoreInCluster, sourcePlaceOf } from "./part.ts";
import type { Session } from "../../session.ts";
import { dataAtOnce, type Proof, proveRestored } from "./prove-restored.ts";

/** The number of objects that match the backup, after the comparison. */
const verifiedAnnotation = "pulumi-velero.io/verified";
/** The result for the data of claims, as JSON, after the check. */
const dataAnnotation = "pulumi-velero.io/volumes";

/**
 * Finalizes a restore that has ended: judges it, verifies it if requested, accepts it, and removes the objects of a
 * drill.
 */
export async function finalize(
  session: Session,
  client: KubernetesClient,
  part: RestoreInCluster,
  ended: Restore,
  how: Waiting & { report: (found: Partial<RestorePartOutputs>) => void },
): Promise<void> {
  const { deadline, report } = how;
  const place = await sourcePlaceOf(session, client, part);
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
      ? // Only marked namespaces count: others with the same names may belong to somebody else.
        (await drilledNow(client, part)).map((namespace) => namespace.metadata.name)
      : await markDrilled(client, part, ended, items);
    report({ drilled });
    strayed = outside(items, drilled);
  }
  const problem =
    judgement.problem ??
    // A drill has to prove more, which happens below.
    (isDrill(part.whole) || isSettled(ended, "true")
      ? undefined
      : await lookForLostData(client, part, ended, { place, judgement }));
  if (problem) {
    report(await dataAtOnce(client, part, restored, place));
    await acceptRestore(client, ended, { verdict: "rejected" });
    throw problem;
  }
  const found = foundBefore(ended) ?? (await proveRestored(client, part, restored, { place, ...how }));
  report(found);
  // The result is written before the drill is removed: if the run is killed in between, the next one must not look for
  // removed objects.
  await acceptRestore(client, ended, { verdict: "true", found });
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
 * Throws if the objects of a drill are not known, because then it could never remove them. A drill that Failed may have
 * created all of them: Velero fails a restore if it cannot store its results (velero
 * `pkg/controller/restore_controller.go`, runValidatedRestore).
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
      code: "DrillItemsUnknown",
      property: "drill",
      what: `what Restore ${namespace}/${name} in cluster "${label.key}" has made is not known, so nothing of it can be removed`,
      said: unread ?? "its list is not in the store",
      todo: "The next up looks again.",
    })
  );
}

const isSettled = ({ metadata }: Restore, verdict = metadata.labels?.[acceptedLabel]): boolean =>
  verdict !== undefined && metadata.labels?.[acceptedLabel] === verdict;

/** Reads the findings of a run that was killed after it had accepted the restore. */
function foundBefore({ metadata }: Restore): Proof | undefined {
  const { [verifiedAnnotation]: verified, [dataAnnotation]: data } = metadata.annotations ?? {};
  if (verified === undefined) return undefined;
  return { verified: Number(verified), ...(data !== undefined && (JSON.parse(data) as Proof)) };
}

/** Returns the objects that a drill created outside of its namespaces, except for snapshots. */
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

/** Writes the result. This is the last write, or the last one before a drill is removed. */
async function acceptRestore(
  client: KubernetesClient,
  { metadata: { name, namespace = "" } }: Restore,
  { verdict, found = {} }: { verdict: "true" | "rejected"; found?: Proof },
): Promise<void> {
  const labels = { [acceptedLabel]: verdict };
  const { verified, ...data } = found;
  const annotations = {
    ...(verified !== undefined && { [verifiedAnnotation]: String(verified) }),
    ...(data.volumesProven !== undefined && { [dataAnnotation]: JSON.stringify(data) }),
  };
  await client.patch({ type: restores, name, namespace }, { metadata: { labels, annotations } });
}

export interface RestoreJudgement {
  problem?: Problem;
  counts?: RestoreCounts;
  /** Empty if the list cannot be read. */
  items: readonly RestoredItem[];
  /** The reason why the list could not be read, although it may exist. */
  unread?: string;
}

/** Judges a finished restore, and counts what it did with each object, from the restore's own files. */
export async function judgeRestore(
  restore: Restore,
  {
    client,
    store,
    location,
    storePrefix,
    allowPartialFailure,
  }: {
    client: KubernetesClient;
    store: ObjectStore | undefined;
    location: { namespace: string; locationName: string };
    storePrefix: string;
    allowPartialFailure: boolean;
  },
): Promise<RestoreJudgement> {
  const { name } = restore.metadata;
  const place = { client, ...location, storePrefix, name, store };
  // Without the list there are no counts. Only a drill needs it.
  const list = await veleroFile("restoreItems", place, "store").catch((error: unknown) => wordsOf(error));
  const items = list instanceof Buffer ? restoredItems(list) : [];
  const counts = list instanceof Buffer ? countsOf(items) : undefined;
  const done = { items, ...(counts && { counts }), ...(typeof list === "string" && { unread: list }) };
  const state = restoreStateOf(restore);
  if (state === "completed" || (state === "partiallyFailed" && allowPartialFailure)) return done;
  const results = state === "refused" ? undefined : await veleroFile("restoreResults", place, "velero");
  const { validationErrors = [], failureReason, errors = 0, warnings = 0 } = restore.status ?? {};
  const own = [...validationErrors, ...(failureReason ? [failureReason] : [])].join("; ");
  const said = own || (results && errorWords(results));
  const problem = new Problem({
    code: restore.status?.phase ?? "",
    property: state === "refused" ? "backup" : undefined,
    what: `Restore ${location.namespace}/${name} in cluster "${client.label.key}" ended ${restore.status?.phase}${own ? "" : ` (${errors} errors, ${warnings} warnings)`}`,
    said,
    todo: adviceOnRestore(restore, { said, counts }),
  });
  return { problem, ...done };
}

/** Matches Velero's error for a tarball that it cannot unpack: Go's own messages. */
const UNREADABLE = /^Velero: (unexpected EOF|EOF|archive\/tar: .*|gzip: .*|flate: .*)$/;

function adviceOnRestore(
  restore: Restore,
  { said = "", counts }: { said: string | undefined; counts: RestoreCounts | undefined },
): string {
  const backup = `Backup ${restore.spec.backupName}`;
  if (UNREADABLE.test(said))
    return `The tarball of ${backup} cannot be read: it was changed or damaged since Velero stored it, and nothing was restored. Restore another backup.`;
  const again = "Mend the cause and change `triggers` to restore again";
  if (restoreStateOf(restore) !== "partiallyFailed") return `${again}.`;
  const isNothing = counts !== undefined && counts.created + counts.updated === 0;
  const done = isNothing ? `Nothing of ${backup} was restored` : "What it could restore is there";
  return `${done}. ${again}; or accept it with allowPartialFailure: true.`;
}

function countsOf(items: readonly RestoredItem[]): RestoreCounts {
  const count = (action: string) => items.filter((item) => item.action === action).length;
  return {
    created: count("created"),
    updated: count("updated"),
    skipped: count("skipped"),
    failed: count("failed"),
  };
}

/**
 * Does what was declared after the restore had ended: compares the current objects with the pinned backup, whether or
 * not the Restore object still exists, and removes a drill that was kept before.
 */
export async function catchUp(
  session: Session,
  client: KubernetesClient,
  part: RestoreInCluster,
  how: { deadline: Deadline; progress: Progress; report: (found: Partial<RestorePartOutputs>) => void },
): Promise<void> {
  const { deadline, report } = how;
  const { comparison, clearing } = owedBy(part.known, part.whole);
  const { restoreName = "", backupName = "" } = part.known;
  if (comparison) {
    const place = await sourcePlaceOf(session, client, part);
    const restored = { name: restoreName, namespace: place.location.namespace, backupName };
    report(await proveRestored(client, part, restored, { place, ...how }));
  }
  if (clearing) {
    const { left } = await clearDrill(client, part, deadline);
    report({ drilled: [], left });
    tellLeft(client, part, left);
  }
}

/** The remaining work for a completed restore, by the current declaration. It never restores again. */
interface Owed {
  comparison: boolean;
  /** True if namespaces of a drill that was kept have to be removed. */
  clearing: boolean;
}

const owedBy = ({ verified, drilled = [] }: RestorePartOutputs, options: RestoreOptions): Owed => ({
  comparison: verifies(options) && verified === undefined,
  clearing: isDrill(options) && !keepsDrill(options) && drilled.length > 0,
});

/** Returns true if nothing has to be checked or done any more. */
export function isDone(part: RestorePartOutputs | undefined, options: RestoreOptions): boolean {
  if (part?.settled !== true) return false;
  const { comparison, clearing } = owedBy(part, options);
  return !comparison && !clearing;
}
