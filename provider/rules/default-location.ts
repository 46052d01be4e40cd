import { Problem } from "../core/errors.ts";
import type { Failure } from "../core/handler.ts";
import { describeOwnerOf, nameOf, type Owned, ownerIn, ownersOf } from "../core/identity.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type OpenCluster, sharedList } from "../kubernetes/clusters.ts";
import { isOwnedBy } from "../kubernetes/ensure.ts";
import { locations } from "../kubernetes/resources.ts";
import { findingsOf } from "./finding.ts";
import type { ClusterRule } from "./preflight.ts";
import type { ClusterLocationInputs } from "../schemas/cluster-location.ts";
import type { Session } from "../session.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/**
 * Velero has one default location in each installation. Of two, the server resets one. Its version and chance decide
 * which one (docs/design/velero-facts.md#default-location). So a second default is refused. The first one is reset only
 * if the same stack moves the default.
 */
export class DefaultLocations {
  /** The requests that this process has checked, by owner. */
  readonly wishes = new Map<string, Wish>();
  /** The owner that asked first, by cluster and namespace. */
  readonly chosen = new Map<string, string>();
}

interface Wish {
  /** The connection to that Velero, as declared. */
  velero: string;
  wanted: boolean;
}

const wants = (session: Session, owner: string): boolean =>
  session.defaults.wishes.get(owner)?.wanted === true;

/**
 * Records whether the location should be the default. Returns a failure if another location of the program already
 * should.
 */
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
    ([urn, request]) => urn !== owner && request.wanted && request.velero === velero,
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

/** A location that requests the default. */
type Claimant = Pick<ClusterLocationInputs, "cluster" | "default" | "locationName" | "namespace"> & Owned;

/**
 * Returns the default locations that this one replaces: earlier ones of the same resource, and locations of the same
 * stack that should not be the default any more. Any other default is refused before anything is changed.
 */
export async function formerDefaults(
  session: Session,
  desired: Claimant,
  { client, uid }: OpenCluster,
): Promise<BackupStorageLocation[]> {
  if (desired.default !== true) return [];
  const velero = `${uid} ${desired.namespace}`;
  const first = session.defaults.chosen.get(velero);
  if (first !== undefined && first !== desired.owner && wants(session, first)) {
    throw secondDefault(desired, `"${nameOf(first)}" of the same program is to be it, too`);
  }
  session.defaults.chosen.set(velero, desired.owner);

  const { items } = await client.list<BackupStorageLocation>({
    type: locations,
    namespace: desired.namespace,
  });
  const others = items.filter(
    ({ metadata, spec }) => spec.default === true && metadata.name !== desired.locationName,
  );
  for (const other of others) if (!givesWay(session, other, desired)) throw isTaken(desired, other);
  return others;
}

/**
 * Resets the former defaults before the new one is created: the server would reset the older one of two, and that may
 * be ours.
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
 * Returns true for a location of our stack that should not be the default (any more). A location that is not declared
 * (yet) is being destroyed, or its own check refuses the second default.
 */
function givesWay(session: Session, other: BackupStorageLocation, desired: Claimant): boolean {
  if (isOwnedBy(other, ownersOf(desired))) return true;
  const theirs = ownerIn(other);
  if (!theirs || !isOwnedBy(other, [theirs]) || wants(session, theirs.owner)) return false;
  const isOfOurLineage = ownersOf(desired).some(({ lineage }) => lineage === theirs.lineage);
  return isOfOurLineage || session.checked.lineageOf(theirs.owner) === theirs.lineage;
}

const propertyOf = (cluster: string): string => `clusters.${cluster}.default`;

const WAY_OUT = "Take `default` from one of the two.";

const isTaken = (desired: Claimant, other: BackupStorageLocation): Problem =>
  secondDefault(
    desired,
    `BackupStorageLocation ${desired.namespace}/${other.metadata.name} is it already, which ` +
      describeOwnerOf(other, ownersOf(desired)).words,
  );

const secondDefault = (desired: Claimant, why: string): Problem =>
  new Problem({
    code: "DefaultLocationConflict",
    property: propertyOf(desired.cluster),
    what: `the location cannot be the default of Velero in cluster "${desired.cluster}": ${why}`,
    todo: `Nothing was changed. Velero has one default, and would reset either by itself. ${WAY_OUT}`,
  });

/** No other owner's location is Velero's default, if this one should be. */
export const defaultFree = (inputs: ClusterLocationInputs): ClusterRule => ({
  inputs: [inputs.namespace],
  find: (cluster, session) =>
    findingsOf(formerDefaults(session, inputs, cluster), { refusals: ["DefaultLocationConflict"] }),
});

/** The server's own default, unless `--default-backup-storage-location` names another one. */
const OF_SERVER = "default";

/**
 * Returns the location that Velero uses if a backup names none: the one that is marked as the default, otherwise the
 * server's own (v1.18.3, pkg/controller/backup_controller.go).
 */
export async function defaultLocation(client: KubernetesClient, namespace: string): Promise<string> {
  const all = [...(await sharedList<BackupStorageLocation>(client, locations, namespace)).values()];
  return all.find(({ spec }) => spec.default === true)?.metadata.name ?? OF_SERVER;
}
