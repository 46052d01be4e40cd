import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import type { Progress } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { dataDownloads, persistentVolumeClaims, podVolumeRestores } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import {
  type Claim,
  claimOf,
  type ClaimVerdict,
  type Evidence,
  judgeAhead,
  judgeData,
  missing,
  needsNodeAgent,
  type PlannedClaim,
} from "../../restore-model/plan-volumes.ts";
import { verify } from "../../restore-model/verify.ts";
import { lacksNodeAgent } from "../../rules/file-copies.ts";
import { isDrill, provesData, verifies } from "../../schemas/restore-options.ts";
import type { RestoreOptions } from "../../velero/restore-option-entries.ts";
import type { RestorePartOutputs } from "../../schemas/restore.ts";
import { labelValue, restoreNameLabel } from "../../velero/manifests.ts";
import type { DataDownload, PodVolumeRestore } from "../../velero/types.ts";
import { type Examination, examine, isInSight, requireSight, sightProblem } from "./examine.ts";
import type { RestoreInCluster, SourcePlace } from "./part.ts";

/** A restore that has ended. Its Restore object may be gone. */
export interface Restored {
  name: string;
  namespace: string;
  backupName: string;
}

/** The findings about a restore. */
export type Proof = Pick<RestorePartOutputs, "verified" | "volumesProven" | "volumesUnproven">;

/**
 * Compares the restored objects with the backup, if that is requested. For a drill, it also checks whether the data of
 * claims came back. It reports all problems at once, and the findings even then.
 */
export async function proveRestored(
  client: KubernetesClient,
  part: RestoreInCluster,
  restored: Restored,
  {
    place,
    report,
    ...wait
  }: { place: SourcePlace; deadline: Deadline; progress: Progress; report: (found: Proof) => void },
): Promise<Proof> {
  if (!verifies(part.whole)) return {};
  const restore = `Restore ${restored.namespace}/${restored.name} in cluster "${client.label.key}"`;
  const examined = await lookAt(client, part, restored, { place, restore, compares: true });
  const { items, target, savedVolumes } = examined;
  const words = { place: `${restore} has restored`, undone: "The next up compares again." };
  requireSight(target, part.whole, words);
  const unseen = sightProblem(items, target, part.whole, words);
  const seen = unseen ? items.filter((item) => isInSight(item, target)) : items;
  const failures: unknown[] = unseen ? [unseen] : [];
  let found: Proof = {};
  try {
    found = { verified: verify(seen, target, part.whole, { place: restore, savedVolumes }) };
  } catch (error) {
    failures.push(error);
  }
  if (isDrill(part.whole)) {
    // If the restore has failed already, it does not wait.
    const isToWait = provesData(part.whole) && failures.length === 0;
    const verdicts = await proveData(client, restored, claimsOf(examined), isToWait ? wait : undefined);
    found = { ...found, ...dataFound(verdicts) };
    report(dataFound(verdicts));
    const missing = provesData(part.whole) && dataMissing(verdicts, inRestore(restore, restored));
    if (missing) failures.push(missing);
  }
  if (failures.length > 1) throw new Error(failures.map(wordsOf).join("\n"));
  if (failures.length > 0) throw failures[0];
  return found;
}

/** Judges the data of claims in a failed drill, as far as it is known without waiting. */
export async function dataAtOnce(
  client: KubernetesClient,
  part: RestoreInCluster,
  restored: Restored,
  place: SourcePlace,
): Promise<Proof> {
  if (!isDrill(part.whole)) return {};
  try {
    const examined = await lookAt(client, part, restored, { place, restore: restored.name, compares: false });
    return dataFound(await proveData(client, restored, claimsOf(examined), undefined));
  } catch {
    // The failure of the drill is reported, and not this one.
    return {};
  }
}

async function lookAt(
  client: KubernetesClient,
  { whole }: RestoreInCluster,
  { backupName }: Restored,
  {
    place: { location, store, storePrefix },
    restore,
    compares,
  }: { place: SourcePlace; restore: string; compares: boolean },
): Promise<Examination> {
  if (!store) {
    throw new Problem({
      code: "NoAccessToStore",
      property: isDrill(whole) ? "drill" : "verify",
      what:
        `what ${restore} has restored cannot be compared with Backup ${backupName}: this program has no way to its store, ` +
        `or BackupStorageLocation ${location.namespace}/${location.locationName} is gone`,
      todo: "The next up compares again.",
    });
  }
  const veleroNamespace = location.namespace;
  return examine(client, { store, storePrefix, backupName, veleroNamespace }, whole, { compares });
}

const claimsOf = ({ volumes }: Examination) => volumes?.claims ?? [];

const dataFound = (verdicts: readonly ClaimVerdict[]): Proof => ({
  volumesProven: verdicts.filter(({ cameBack }) => cameBack).length,
  volumesUnproven: unproven(verdicts),
});

const inRestore = (restore: string, { backupName }: Restored) => ({
  place: `that Backup ${backupName} holds did not come back in ${restore}`,
  todo: "What there is stays to be looked at until the next drill. The next up looks again.",
});

interface RestoreName {
  name: string;
  namespace: string;
}

/**
 * Judges whether the data of each claim came back in a drill. Velero does not wait for claims whose volume is made from
 * a snapshot. With `wait`, this function does, unless another fact shows that the data is lost.
 */
export async function proveData(
  client: KubernetesClient,
  restore: RestoreName,
  planned: readonly PlannedClaim[],
  wait: { deadline: Deadline; progress: Progress } | undefined,
): Promise<ClaimVerdict[]> {
  if (planned.length === 0) return [];
  const evidence = await gather(client, restore, planned);
  if (!wait) return judgeData(planned, evidence);
  const pending = planned.filter((each) => {
    const live = claimOf(each, evidence);
    return live && claimPhaseOf(live) === "Pending" && missing(each, live, evidence) === undefined;
  });
  if (pending.length > 0) wait.progress.report(waitingFor(pending));
  const { default: pMap } = await import("p-map");
  const bound = await pMap(pending, (each) => awaitBound(client, each, wait.deadline), {
    concurrency: CLAIMS_AT_ONCE,
  });
  const isPending = (live: Claim) => pending.some((each) => claimOf(each, evidence) === live);
  const known = evidence.claims.filter((live) => !isPending(live));
  return judgeData(planned, { ...evidence, claims: [...known, ...bound.flatMap((each) => each ?? [])] });
}

/** The number of parallel lists and watches. */
const CLAIMS_AT_ONCE = 5;
/** The number of claims that a progress message names. */
const NAMED = 3;

function waitingFor(pending: readonly PlannedClaim[]): string {
  const names = pending.slice(0, NAMED).map(({ intoNamespace, claim }) => `${intoNamespace}/${claim}`);
  const more = pending.length - names.length;
  return `waiting for volumes of claims: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

async function gather(
  client: KubernetesClient,
  { name, namespace }: RestoreName,
  planned: readonly PlannedClaim[],
): Promise<Evidence> {
  const labelSelector = `${restoreNameLabel}=${labelValue(name)}`;
  const namespaces = [...new Set(planned.map(({ intoNamespace }) => intoNamespace))];
  const has = (...methods: PlannedClaim["method"][]) =>
    planned.some(({ method }) => methods.includes(method));
  const { default: pMap } = await import("p-map");
  const [lists, restores, downloads] = await Promise.all([
    pMap(namespaces, (each) => client.list<Claim>({ type: persistentVolumeClaims, namespace: each }), {
      concurrency: CLAIMS_AT_ONCE,
    }),
    has("fileCopy")
      ? client.list<PodVolumeRestore>({ type: podVolumeRestores, namespace, labelSelector })
      : undefined,
    has("moveData")
      ? client.list<DataDownload>({ type: dataDownloads, namespace, labelSelector })
      : undefined,
  ]);
  return {
    claims: lists.flatMap(({ items }) => items),
    podVolumeRestores: restores?.items ?? [],
    dataDownloads: downloads?.items ?? [],
  };
}

/** Returns the claim when it is bound or lost, or at the deadline. */
async function awaitBound(
  client: KubernetesClient,
  { intoNamespace, claim }: PlannedClaim,
  deadline: Deadline,
): Promise<Claim | undefined> {
  const target = { type: persistentVolumeClaims, name: claim, namespace: intoNamespace };
  try {
    const { live: settled } = await waitFor<Claim, { live: Claim | undefined }>(
      client,
      target,
      (live) => (live && claimPhaseOf(live) === "Pending" ? undefined : { live }),
      { deadline, what: "", todo: "" },
    );
    return settled;
  } catch (error) {
    if (error instanceof WaitTimeout) return error.last as Claim | undefined;
    throw error;
  }
}

const claimPhaseOf = ({ status }: Claim): string => status?.phase ?? "Pending";

const UNPROVEN_SHOWN = 10;

/** Lists the claims whose data a drill did not prove, up to a limit. */
export function unproven(verdicts: readonly ClaimVerdict[]): string[] {
  const words = verdicts.filter(({ cameBack }) => !cameBack).map(({ claim, why }) => `${claim}: ${why}`);
  const more = words.length - UNPROVEN_SHOWN;
  return more > 0 ? [...words.slice(0, UNPROVEN_SHOWN), `and ${more} more`] : words;
}

/** Returns the failure of a drill that has not proven all data. Returns undefined if it has. */
export function dataMissing(
  verdicts: readonly ClaimVerdict[],
  { place, todo }: { place: string; todo: string },
): Problem | undefined {
  const words = unproven(verdicts);
  if (words.length === 0) return undefined;
  const count = verdicts.filter(({ cameBack }) => !cameBack).length;
  return new Problem({
    code: "DataNotProven",
    property: "drill",
    what: `the data of ${count} of ${verdicts.length} claims ${place}`,
    said: words.join("; "),
    todo: `${todo} A drill of objects alone is drill: { data: "objectsOnly" }.`,
  });
}

/**
 * Returns the reason why a drill cannot prove the data of all claims, as far as it is known before the drill begins.
 */
export async function foreseeData(
  client: KubernetesClient,
  { volumes }: Pick<Examination, "volumes">,
  options: RestoreOptions,
  { backupName, veleroNamespace }: { backupName: string; veleroNamespace: string },
): Promise<Problem | undefined> {
  if (!provesData(options) || !volumes) return undefined;
  const withoutNodeAgent = needsNodeAgent(volumes.claims) && (await lacksNodeAgent(client, veleroNamespace));
  return dataMissing(judgeAhead(volumes.claims, { withoutNodeAgent }), {
    place: `of Backup ${backupName} cannot come back in a drill in cluster "${client.label.key}", and nothing was restored`,
    todo: "Mend what keeps it, or leave the claims out.",
  });
}
