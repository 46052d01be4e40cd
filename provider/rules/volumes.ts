import { hasUnknown, shortHash } from "../core/values.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { sharedDiscovery } from "../kubernetes/discovery.ts";
import { filtersOf, policiesIn, savesVolumes, selectionOf, volumeSwitches } from "../schemas/selection.ts";
import type { ResourcePolicy, SelectionInputs } from "../velero/selection-entries.ts";
import { namesNamespaces, selectedIn } from "../velero/namespace-selection.ts";
import {
  claimsInWords,
  claimsWith,
  type JudgedClaim,
  methodInWords,
  predictClaims,
} from "../volumes/judge-claims.ts";
import { selectedObjects } from "../volumes/volume-objects.ts";
import { type VolumesOfCluster, volumesOfCluster } from "../volumes/volumes-of-cluster.ts";
import { kindFilter } from "./blind-kinds.ts";
import { listNamespaces } from "./namespaces.ts";
import { nothingWrong, notice, shared, type Verdict } from "./preflight.ts";
import { seenPolicy } from "./resource-policy.ts";
import type { Session } from "../session.ts";
import { kindMentions } from "./selected-kinds.ts";

/** Shows in a preview what a backup would do with the claims in the selected namespaces if it were taken now. */
export async function lookAtVolumes(
  session: Session,
  connection: Connection,
  { cluster, namespace }: { cluster: string; namespace: string },
  declared: SelectionInputs,
): Promise<Verdict> {
  if (connection.offline || hasUnknown([connection, namespace, selectionOf(declared)])) return nothingWrong;
  const selection = await seenPolicy(session, connection, { cluster, namespace }, declared);
  // Another check reports policies that cannot be read.
  return selection ? lookAtClaims(session, connection, { cluster, namespace }, selection) : nothingWrong;
}

async function lookAtClaims(
  session: Session,
  connection: Connection,
  { cluster, namespace }: { cluster: string; namespace: string },
  selection: SelectionInputs,
): Promise<Verdict> {
  const { volumes, resourcePolicy } = selection;
  const policies = policiesIn(resourcePolicy);
  if (!savesVolumes(selection)) return nothingWrong;
  const bySwitch = volumes === undefined || volumes === "snapshot" || volumes === "moveData";
  const snapshots = bySwitch || policies.some(({ action }) => action.type === "snapshot");
  try {
    const takes = await kindsTaken();
    const seen = await shared(
      session,
      `volumes ${shortHash(32, connection, cluster, namespace, snapshots)}`,
      look,
    );
    const verdict = seen.found && predict(seen.found, seen.namespaces, takes);
    // The check of permissions reports kinds that may not be listed.
    return verdict ?? nothingWrong;
  } catch {
    // Another check reports a cluster that cannot be reached.
    return nothingWrong;
  }

  async function look(): Promise<{ found: VolumesOfCluster; namespaces: string[] | undefined }> {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    const [found, namespaces] = await Promise.all([
      volumesOfCluster(client, namespace, { snapshots }),
      listNamespaces(client),
    ]);
    return { found, namespaces };
  }

  /**
   * Returns a filter for the kinds that the selection takes. It asks the cluster for its kinds only if the selection
   * names some.
   */
  async function kindsTaken(): Promise<(groupResource: string) => boolean> {
    if (kindMentions(selection).length === 0) return () => true;
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    const { kinds } = await sharedDiscovery(client);
    const policies: ResourcePolicy = selection.resourcePolicy ?? {};
    const isTaken = kindFilter(filtersOf(selection), policies.includeExcludePolicy, kinds);
    return (groupResource) => kinds.some((kind) => kind.groupResource === groupResource && isTaken(kind));
  }

  function predict(
    { objects, means, defaults, isServerHidden }: VolumesOfCluster,
    existing: readonly string[] | undefined,
    isTaken: (groupResource: string) => boolean,
  ): Verdict {
    const server = isServerHidden ? notice(hiddenServer(cluster, namespace)) : nothingWrong;
    if (!objects || !existing) return server;
    const chosen = namesNamespaces(selection) ? selectedIn(selection, existing).included : existing;
    const switches = volumes ? volumeSwitches[volumes] : (defaults ?? {});
    const claims = predictClaims(
      selectedObjects(objects, chosen, selection, isTaken),
      { switches, volumes, policies },
      means,
    );
    return claims.length === 0 ? server : told(claims, server);
  }

  function told(claims: readonly JudgedClaim[], server: Verdict): Verdict {
    const words = `volumes in cluster "${cluster}": ${inWords(claims)}`;
    const isDoubtful = claims.some(({ fate }) => fate.fate === "missed" || fate.fate === "unseen");
    return isDoubtful ? { ...server, notices: [...server.notices, words] } : { ...server, facts: [words] };
  }
}

/**
 * Describes the claims in words: `of 4 claims 2 would be saved by file copy, 1 is left out; nothing saves shop/ledger
 * (no pod in the backup mounts it)`.
 */
function inWords(claims: readonly JudgedClaim[]): string {
  const saved = claimsWith(claims, "saved");
  const byMethod = (["fileCopy", "snapshot", "moveData"] as const).flatMap((method) => {
    const count = saved.filter(({ fate }) => fate.method === method).length;
    return count === 0 ? [] : [`${count} by ${methodInWords[method]}`];
  });
  const leftOut = claimsWith(claims, "leftOut");
  const notYet = claimsWith(claims, "notYet").length;
  const unseen = claimsWith(claims, "unseen");
  const missed = claimsWith(claims, "missed");
  const counts = [
    saved.length > 0 ? `saved would be ${byMethod.join(" and ")}` : "none would be saved",
    ...(leftOut.length > 0 ? [`${leftOut.length} left out by what is declared`] : []),
    ...(notYet > 0 ? [`${notYet} without a volume so far`] : []),
  ];
  return [
    `of ${claims.length} ${claims.length === 1 ? "claim" : "claims"} ${counts.join(", ")}`,
    ...(missed.length > 0 ? [`nothing saves ${claimsInWords(missed)}`] : []),
    ...(unseen.length > 0 ? [`not to be told of ${claimsInWords(unseen)}`] : []),
  ].join("; ");
}

const hiddenServer = (cluster: string, namespace: string): string =>
  `whether Velero in namespace "${namespace}" of cluster "${cluster}" runs with its feature EnableCSI, without which it takes no snapshots of CSI volumes, ` +
  "cannot be seen: these credentials may not get the deployment velero there";
