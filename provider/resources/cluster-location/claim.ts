import { Problem } from "../../errors.ts";
import type { Owner } from "../../lifecycle/identity.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { isExpired } from "../../velero/phases.ts";
import type { AccessMode } from "../../velero/types.ts";
import { storedBackups } from "../stored-backups.ts";
import { foldersWithData } from "../velero-folders.ts";
import { attach, type Claimant, type PrefixFindings, type Refusal } from "./attach.ts";
import { refuseNested } from "./nested-prefix.ts";
import type { ClaimPlace } from "./claim-place.ts";
import { isMarkedBy, type Marker, markerText, readMarker, writeMarker } from "./marker.ts";

interface Circumstances {
  /** Where the claim is kept. */
  place: ClaimPlace;
  /** What lies below the prefix; undefined where the program has no way there, and so cannot look. */
  store: ObjectStore | undefined;
  /** Our own claim that was kept elsewhere, before the program had a way to the store. */
  inherited?: Marker | undefined;
  /** Whether the cluster's own Velero writes there already. Asked only where it matters. */
  isWriting: () => Promise<boolean>;
  /** For messages. */
  property: string;
}

/**
 * Claims the prefix for this location as far as that is safe, and tells with which access. Run again it finds its
 * own marker; two that come at once are told apart by the place.
 */
export async function claim(
  prefix: string,
  claimant: Claimant & { incarnation: string; mustFindClaim: boolean },
  { place, store, inherited, isWriting, property }: Circumstances,
): Promise<{ accessMode: AccessMode; notice?: string }> {
  const marker = await place.read();
  const found = await look(marker ?? inherited, { store, isWriting }, prefix, claimant);
  if (claimant.mustFindClaim && store && !found.marker) throw notTheSameStore(store, prefix);
  const attachment = attach(found, claimant, prefix);
  if ("refused" in attachment) throw prefixTaken(attachment, property);
  if (attachment.accessMode === "ReadOnly") return attachment;
  if (store && (!found.marker || !isMarkedBy(found.marker, claimant.owners)))
    await refuseNested(store, prefix, property);

  const ours = markerFor(claimant, found.marker);
  if (marker) {
    if (markerText(marker) !== markerText(ours)) await place.write(ours);
  } else if (!(await place.create(ours))) {
    const winner = await place.read();
    if (!winner || !isMarkedBy(winner, claimant.owners)) {
      throw new Problem({
        code: "PrefixTaken",
        property,
        what: `${prefix}/ was claimed by ${winner?.owner ?? "somebody else"} at this very moment`,
        todo: "Choose another prefix.",
      });
    }
  }
  return attachment;
}

export const prefixTaken = ({ refused, remedy }: Refusal, property: string): Problem =>
  new Problem({ code: "PrefixTaken", property, what: refused, todo: `Nothing was changed. ${remedy}` });

/** A new endpoint for the old data must show that data before anything is switched. */
const notTheSameStore = (store: ObjectStore, prefix: string) =>
  new Problem({
    code: "NotTheSameStore",
    property: "storage",
    what: `${store.address} does not hold this location's claim (${prefix}/metadata/), so it is not the store that was used so far`,
    todo: "Nothing was changed. Copy the data there first, or declare a new location.",
  });

/** Without a way there all looks empty: a notice of the location says what is not protected then. */
async function look(
  marker: Marker | undefined,
  { store, isWriting }: Pick<Circumstances, "store" | "isWriting">,
  prefix: string,
  { owners, cluster }: Claimant,
): Promise<PrefixFindings> {
  if (!store) return { marker, empty: true, writing: false, expired: [] };
  const empty = (await foldersWithData(store, prefix)).length === 0;
  const isOfCluster = !marker || marker.cluster.uid === cluster.uid;
  const settled = marker && marker.released === undefined && isMarkedBy(marker, owners) && isOfCluster;
  const writing = !settled && !empty && (await isWriting());
  // Every backup's metadata has to be read for this: only where it decides something.
  const isDecided = settled || empty || (writing && isOfCluster);
  return { marker, empty, writing, expired: isDecided ? [] : await expiredBackups(store, prefix) };
}

async function expiredBackups(store: ObjectStore, prefix: string): Promise<string[]> {
  const now = new Date();
  return (await storedBackups(store, prefix))
    .filter(({ expiration }) => isExpired(expiration, now))
    .map(({ name }) => name);
}

function markerFor(
  { owners, incarnation, cluster }: Claimant & { incarnation: string },
  found?: Marker,
): Marker {
  const [present = { owner: "", lineage: "" }, ...former] = owners;
  // Only earlier names of the same resource: who once held the prefix and released it has no claim any more.
  const ofOurLineage = ({ lineage }: Owner) => lineage === present.lineage;
  const known =
    found && isMarkedBy(found, owners.filter(ofOurLineage)) ? [found.owner, ...found.formerOwners] : [];
  const urns = former.filter(ofOurLineage).map(({ owner }) => owner);
  return {
    version: 1,
    ...present,
    formerOwners: [...new Set([...urns, ...known])].filter((urn) => urn !== present.owner),
    incarnation,
    cluster: { key: cluster.key, uid: cluster.uid },
  };
}

/** Says that nobody writes here any more. Only under our own incarnation; the data stays as it is. */
export async function release(
  store: ObjectStore,
  prefix: string,
  incarnation: string,
  now: Date,
): Promise<void> {
  const marker = await readMarker(store, prefix);
  if (marker?.incarnation !== incarnation || marker.released !== undefined) return;
  await writeMarker(store, prefix, { ...marker, released: now.toISOString() });
}
