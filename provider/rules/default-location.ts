import { Problem } from "../core/errors.ts";
import type { Failure } from "../core/handler.ts";
import { describeOwnerOf, nameOf, type Owned, ownerIn, ownersOf } from "../core/identity.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type OpenCluster, sharedList } from "../kubernetes/clusters.ts";
import { clusterLabel } from "../kubernetes/connection.ts";
import { isOwnedBy } from "../kubernetes/ensure.ts";
import { locations } from "../kubernetes/resources.ts";
import { nothingWrong, refusal, type Verdict } from "./preflight.ts";
import type { ClusterLocationInputs } from "../schemas/cluster-location.ts";
import type { Session } from "../session.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/**
 * Velero has one default location for each installation: of two, the server resets one by itself, which one depends on
 * its version and on chance (docs/design/velero-facts.md#default-location). So a second one is refused, and the first
 * one gives way only where the same stack takes the default from it.
 */
export class DefaultLocations {
  /** By owner: what this process has checked. */
  readonly wishes = new Map<string, Wish>();
  /** By cluster and namespace: the owner that has asked first. */
  readonly chosen = new Map<string, string>();
}

interface Wish {
  /** The way to that Velero, as declared. */
  velero: string;
  wanted: boolean;
}

const wants = (session: Session, owner: string): boolean =>
  session.defaults.wishes.get(owner)?.wanted === true;

/** Remembers whether the location is to be the default; complains where another one of the program already is. */
export function checkDefault(
  session: Session,
  inputs: ClusterLocationInputs,
  formerOwner = inputs.owner,
): Failure[] {
  const { owner, cluster, connection, namespace } = inputs;
  const wanted =
    inputs.default === true && !connection.offline && !hasUnknown([owner, connection, namespace]);
  if (formerOwner !== owner) session.defaults.wishes.delete(formerOwner);
  const velero = shortHash(32, connection, namespace);
  const other = [...session.defaults.wishes].find(
    ([urn, wish]) => urn !== owner && wish.wanted && wish.velero === velero,
  );
  if (wanted && other) {
    return [
      {
        path: propertyOf(cluster),
        reason: `"${nameOf(other[0])}" is to be the default location of the same Velero, which has only one. ${WAY_OUT}`,
      },
    ];
  }
  session.defaults.wishes.set(owner, { velero, wanted });
  return [];
}

/** What a wish for the default is about. */
type Claimant = Pick<ClusterLocationInputs, "cluster" | "default" | "locationName" | "namespace"> & Owned;

/**
 * The locations that are the default and give way to this one, once it is made: earlier ones of its own, and those of
 * its stack that are not to be it any more. Any other one is a refusal, before anything is changed.
 */
export async function formerDefaults(
  session: Session,
  aim: Claimant,
  { client, uid }: OpenCluster,
): Promise<BackupStorageLocation[]> {
  if (aim.default !== true) return [];
  const velero = `${uid} ${aim.namespace}`;
  const first = session.defaults.chosen.get(velero);
  if (first !== undefined && first !== aim.owner && wants(session, first)) {
    throw secondDefault(aim, `"${nameOf(first)}" of the same program is to be it, too`);
  }
  session.defaults.chosen.set(velero, aim.owner);

  const { items } = await client.list<BackupStorageLocation>({ type: locations, namespace: aim.namespace });
  const others = items.filter(
    ({ metadata, spec }) => spec.default === true && metadata.name !== aim.locationName,
  );
  for (const other of others) if (!givesWay(session, other, aim)) throw isTaken(aim, other);
  return others;
}

/**
 * Has them give way before the new one is there: the server would reset the older one of two, and that may be ours.
 */
export async function resetDefaults(
  client: KubernetesClient,
  former: BackupStorageLocation[],
): Promise<void> {
  await Promise.all(
    former.map(({ metadata: { name, namespace = "" } }) =>
      client.patch({ type: locations, name, namespace }, { spec: { default: false } }),
    ),
  );
}

/**
 * One of our stack that does not want the default (any more). One that is not declared (yet) is being destroyed, or is
 * found to want it, too, as soon as it is checked.
 */
function givesWay(session: Session, other: BackupStorageLocation, aim: Claimant): boolean {
  if (isOwnedBy(other, ownersOf(aim))) return true;
  const theirs = ownerIn(other);
  if (!theirs || !isOwnedBy(other, [theirs]) || wants(session, theirs.owner)) return false;
  const isOfOurLineage = ownersOf(aim).some(({ lineage }) => lineage === theirs.lineage);
  return isOfOurLineage || session.checked.lineageOf(theirs.owner) === theirs.lineage;
}

const propertyOf = (cluster: string): string => `clusters.${cluster}.default`;

const WAY_OUT = "Take `default` from one of the two.";

const isTaken = (aim: Claimant, other: BackupStorageLocation): Problem =>
  secondDefault(
    aim,
    `BackupStorageLocation ${aim.namespace}/${other.metadata.name} is it already, which ` +
      describeOwnerOf(other, ownersOf(aim)).words,
  );

const secondDefault = (aim: Claimant, why: string): Problem =>
  new Problem({
    code: "DefaultLocationConflict",
    property: propertyOf(aim.cluster),
    what: `the location cannot be the default of Velero in cluster "${aim.cluster}": ${why}`,
    todo: `Nothing was changed. Velero has one default, and would reset either by itself. ${WAY_OUT}`,
  });

/** Whether someone else's location is Velero's default where this one is to be it. */
export async function lookAtDefault(session: Session, inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster, namespace } = inputs;
  if (inputs.default !== true || connection.offline || hasUnknown([connection, namespace]))
    return nothingWrong;
  try {
    await formerDefaults(
      session,
      inputs,
      await session.clusters.open(connection, clusterLabel(cluster), undefined),
    );
    return nothingWrong;
  } catch (error) {
    // That the cluster cannot be asked is told by the look at it.
    return error instanceof Problem && error.code === "DefaultLocationConflict"
      ? refusal(error)
      : nothingWrong;
  }
}

/** The server's own, unless `--default-backup-storage-location` names another one. */
const OF_SERVER = "default";

/**
 * The location that Velero takes where a backup names none: the one that is marked as the default, else the one that
 * its server is set to (v1.18.3, pkg/controller/backup_controller.go).
 */
export async function defaultLocation(client: KubernetesClient, namespace: string): Promise<string> {
  const all = [...(await sharedList<BackupStorageLocation>(client, locations, namespace)).values()];
  return all.find(({ spec }) => spec.default === true)?.metadata.name ?? OF_SERVER;
}
