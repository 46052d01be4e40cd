import type { KubernetesClient } from "../../kubernetes/client.ts";
import { dataDownloads, persistentVolumeClaims, podVolumeRestores } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { labelValue, restoreNameLabel } from "../../velero/labels.ts";
import type { DataDownload, PodVolumeRestore } from "../../velero/types.ts";
import { type Claim, claimOf, type ClaimVerdict, type Evidence, judgeData, missing } from "./judge-data.ts";
import type { PlannedClaim } from "./plan-volumes.ts";

interface RestoreName {
  name: string;
  namespace: string;
}

/**
 * Judges whether the data of each claim came back in a drill. Velero does not wait for claims whose volume is made from a
 * snapshot: where it is said to `wait` this does, as long as nothing else speaks against them.
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
    return live && phaseOf(live) === "Pending" && missing(each, live, evidence) === undefined;
  });
  if (pending.length > 0) wait.progress.report(waitingFor(pending));
  const { default: pMap } = await import("p-map");
  const bound = await pMap(pending, (each) => awaitBound(client, each, wait.deadline), {
    concurrency: AT_ONCE,
  });
  const isPending = (live: Claim) => pending.some((each) => claimOf(each, evidence) === live);
  const known = evidence.claims.filter((live) => !isPending(live));
  return judgeData(planned, { ...evidence, claims: [...known, ...bound.flatMap((each) => each ?? [])] });
}

/** Lists and watches at a time. */
const AT_ONCE = 5;
/** Claims that are named while they are waited for. */
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
      concurrency: AT_ONCE,
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

/** The claim as it is when it is bound, or lost, or at the deadline. */
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
      (live) => (live && phaseOf(live) === "Pending" ? undefined : { live }),
      { deadline, what: "", todo: "" },
    );
    return settled;
  } catch (error) {
    if (error instanceof WaitTimeout) return error.last as Claim | undefined;
    throw error;
  }
}

const phaseOf = ({ status }: Claim): string => status?.phase ?? "Pending";
