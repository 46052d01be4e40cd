import type { LocationUser, LocationUsers } from "../../model/location-users.ts";
import { wordsOf } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { backups, type KubernetesObject, restores, schedules } from "../kubernetes/resources.ts";
import { nameOf, type Owner, ownerHash, ownerIn, ownerKind } from "../core/identity.ts";
import { prefixOf } from "../store/coordinates.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { programAccess } from "../store/store-access.ts";
import { retainedLabel } from "../velero/manifests.ts";
import { under } from "../velero/backup-files.ts";
import type { Backup, Restore, Schedule } from "../velero/types.ts";
import { readMarker } from "../rules/attach.ts";
import { openClusterOf } from "./backups.ts";
import type { Session } from "../session.ts";
import type { PlaceRequest, UsersRequest } from "./request.ts";

type PartialUsers = Partial<LocationUsers>;

/** The parts of a URN that describe a resource. */
type Origin = Required<Pick<LocationUser, "owner" | "lineage" | "kind" | "name" | "project" | "stack">>;

/** Finds the users. A cluster or store that cannot be asked is reported, and the others are still listed. */
export async function findUsers(session: Session, { clusters }: UsersRequest): Promise<LocationUsers> {
  const parts = await Promise.all([
    ...clusters.map((place) => usersInCluster(session, place)),
    claimsInStore(session, clusters),
  ]);
  return {
    users: parts.flatMap(({ users = [] }) => users),
    claims: parts.flatMap(({ claims = [] }) => claims),
    notAsked: parts.flatMap(({ notAsked = [] }) => notAsked),
  };
}

async function usersInCluster(session: Session, place: PlaceRequest): Promise<PartialUsers> {
  const { cluster, connection } = place;
  if (connection.offline) return { notAsked: [`cluster "${cluster}": it is declared offline`] };
  try {
    return { users: await usersIn(await openClusterOf(session, place), place) };
  } catch (error) {
    return { notAsked: [`cluster "${cluster}": ${wordsOf(error)}`] };
  }
}

async function usersIn(client: KubernetesClient, place: PlaceRequest): Promise<LocationUser[]> {
  const { cluster, readLocations = {} } = place;
  const { locationName, namespace } = place.location;
  const [scheduled, taken, restored] = await Promise.all([
    client.list<Schedule>({ type: schedules, namespace }),
    client.list<Backup>({ type: backups, namespace }),
    client.list<Restore>({ type: restores, namespace }),
  ]);
  const isHere = ({ spec }: Backup) => spec.storageLocation === locationName;
  // A restored backup in a read-only location counts as a use as well.
  const seen = new Set([locationName, ...Object.values(readLocations)]);
  const restorable = new Set(
    taken.items
      .filter(({ spec }) => seen.has(spec.storageLocation ?? ""))
      .map(({ metadata }) => metadata.name),
  );
  const users = new Map<string | undefined, LocationUser>();
  function note(object: KubernetesObject, kind: "schedules" | "backups" | "restores"): void {
    const owner = ownerIn(object);
    const key = owner && ownerHash(owner);
    const user = users.get(key) ?? {
      ...(owner !== undefined && originOf(owner)),
      cluster,
      schedules: [],
      backups: [],
      restores: [],
    };
    users.set(key, user);
    user[kind].push(object.metadata.name);
  }
  for (const each of scheduled.items.filter(({ spec }) => spec.template.storageLocation === locationName))
    note(each, "schedules");
  // A Backup that was retained when its resource was removed belongs to nobody.
  for (const each of taken.items.filter((backup) => isHere(backup) && !isLeft(backup))) note(each, "backups");
  for (const each of restored.items.filter(({ spec }) => restorable.has(spec.backupName ?? "")))
    note(each, "restores");
  return [...users.values()].toSorted((a, b) => (a.owner ?? "~").localeCompare(b.owner ?? "~"));
}

const isLeft = ({ metadata }: Backup): boolean => metadata.labels?.[retainedLabel] !== undefined;

/** The number of claims that are read in parallel. */
const AT_ONCE = 8;

async function claimsInStore(session: Session, clusters: readonly PlaceRequest[]): Promise<PartialUsers> {
  const [first] = clusters;
  try {
    const store =
      first?.storage && session.stores.open(programAccess({ storage: first.storage, access: first.access }));
    if (!first?.storage || !store)
      return { notAsked: ["the store: this program has no way there (`access`)"] };
    return await claimsIn(store, prefixOf(first.storage), clusters);
  } catch (error) {
    return { notAsked: [`the store: ${wordsOf(error)}`] };
  }
}

/** Reads the claims in the folders of the location's clusters, and in all other folders beside them. */
async function claimsIn(
  store: ObjectStore,
  root: string,
  clusters: readonly PlaceRequest[],
): Promise<PartialUsers> {
  const { default: pMap } = await import("p-map");
  const { folders } = await store.children(root && `${root}/`);
  const prefixes = new Set([
    ...folders.map((folder) => under(root, folder)),
    ...clusters.map(({ location }) => location.storePrefix),
  ]);
  const read = async (prefix: string): Promise<PartialUsers> => {
    try {
      const marker = await readMarker(store, prefix);
      if (!marker) return {};
      const { cluster, released } = marker;
      const claim = { ...originOf(marker), prefix, cluster: cluster.key, clusterUid: cluster.uid };
      return { claims: [{ ...claim, ...(released !== undefined && { released }) }] };
    } catch (error) {
      return { notAsked: [`the claim on ${prefix}/: ${wordsOf(error)}`] };
    }
  };
  const parts = await pMap([...prefixes].toSorted(), read, { concurrency: AT_ONCE });
  return {
    claims: parts.flatMap(({ claims = [] }) => claims),
    notAsked: parts.flatMap(({ notAsked = [] }) => notAsked),
  };
}

/** Parses a URN: `urn:pulumi:<stack>::<project>::<types>::<name>`. */
function originOf({ owner, lineage }: Owner): Origin {
  const [stack = "", project = ""] = owner.split("::");
  return {
    owner,
    lineage,
    kind: ownerKind(owner) ?? "",
    name: nameOf(owner),
    project,
    stack: stack.replace(/^urn:pulumi:/, ""),
  };
}
