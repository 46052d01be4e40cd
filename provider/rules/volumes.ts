import { shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
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
import { volumesOfCluster } from "../volumes/volumes-of-cluster.ts";
import { kindFilter } from "./blind-kinds.ts";
import { listNamespaces } from "./namespaces.ts";
import { fact, type Finding, warning } from "./finding.ts";
import { type ClusterPlace, type ClusterRule, shared } from "./preflight.ts";
import { withPolicyInForce } from "./resource-policy.ts";
import type { Session } from "../session.ts";
import { kindMentions } from "./selected-kinds.ts";

/** Shows what a backup would do with the claims in the selected namespaces if it were taken now. */
export const volumesSaved = (
  place: ClusterPlace,
  namespace: string,
  declared: SelectionInputs,
): ClusterRule => ({
  inputs: [namespace, selectionOf(declared)],
  async find({ client }, session) {
    // Another rule reports policies that cannot be read.
    const selection = await withPolicyInForce(client, namespace, declared);
    return savesVolumes(selection) ? findClaims(session, client, { ...place, namespace }, selection) : [];
  },
});

async function findClaims(
  session: Session,
  client: KubernetesClient,
  { connection, cluster, namespace }: ClusterPlace & { namespace: string },
  selection: SelectionInputs,
): Promise<Finding[]> {
  const { volumes, resourcePolicy } = selection;
  const policies = policiesIn(resourcePolicy);
  const bySwitch = volumes === undefined || volumes === "snapshot" || volumes === "moveData";
  const snapshots = bySwitch || policies.some(({ action }) => action.type === "snapshot");
  const isTaken = await filterOfKinds(client, selection);
  const { found, existing } = await shared(
    session,
    `volumes ${shortHash(32, connection, cluster, namespace, snapshots)}`,
    async () => {
      const [found, existing] = await Promise.all([
        volumesOfCluster(client, namespace, { snapshots }),
        listNamespaces(client),
      ]);
      return { found, existing };
    },
  );
  const { objects, means, defaults, isServerHidden } = found;
  const server = isServerHidden ? [warning(hiddenServer(cluster, namespace))] : [];
  // The rule about permissions reports kinds that may not be listed.
  if (!objects || !existing) return server;
  const chosen = namesNamespaces(selection) ? selectedIn(selection, existing).included : existing;
  const switches = volumes ? volumeSwitches[volumes] : (defaults ?? {});
  const claims = predictClaims(
    selectedObjects(objects, chosen, selection, isTaken),
    { switches, volumes, policies },
    means,
  );
  if (claims.length === 0) return server;
  // Velero's actions for CSI fail on a claim without a volume (velero 1.18 `pkg/backup/actions/csi/pvc_action.go`).
  const failing = means.csi === true ? claimsWith(claims, "notYet") : [];
  const words = `volumes in cluster "${cluster}": ${fatesInWords(claims)}${failingInWords(failing)}`;
  const isDoubtful =
    failing.length > 0 || claims.some(({ fate }) => fate.fate === "missed" || fate.fate === "unseen");
  return [...server, isDoubtful ? warning(words) : fact(words)];
}

/** Returns a filter for the kinds that the selection takes. The cluster is asked for its kinds if the selection names some. */
async function filterOfKinds(
  client: KubernetesClient,
  selection: SelectionInputs,
): Promise<(groupResource: string) => boolean> {
  if (kindMentions(selection).length === 0) return () => true;
  const { kinds } = await sharedDiscovery(client);
  const policies: ResourcePolicy = selection.resourcePolicy ?? {};
  const isTaken = kindFilter(filtersOf(selection), policies.includeExcludePolicy, kinds);
  return (groupResource) => kinds.some((kind) => kind.groupResource === groupResource && isTaken(kind));
}

/**
 * Describes the claims in words: `of 4 claims 2 would be saved by file copy, 1 is left out; nothing saves shop/ledger
 * (no pod in the backup mounts it)`.
 */
function fatesInWords(claims: readonly JudgedClaim[]): string {
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

const failingInWords = (claims: readonly JudgedClaim[]): string =>
  claims.length === 0
    ? ""
    : `; Velero ends a backup PartiallyFailed over ${claimsInWords(
        claims.map(({ claim }) => ({ claim, fate: { why: WITHOUT_VOLUME } })),
      )}`;

const WITHOUT_VOLUME =
  'it has no volume yet, and EnableCSI is on: let a pod use it first, or leave it out by the label velero.io/exclude-from-backup: "true"';

const hiddenServer = (cluster: string, namespace: string): string =>
  `whether Velero in namespace "${namespace}" of cluster "${cluster}" runs with its feature EnableCSI, without which it takes no snapshots of CSI volumes, ` +
  "cannot be seen: these credentials may not get the deployment velero there";
