import { expect, test } from "vitest";
import type { Owner } from "../../../provider/core/identity.ts";
import { claim, claimInStore } from "../../../provider/rules/claim.ts";
import { type Marker, markerText } from "../../../provider/rules/attach.ts";
import { fakeStore } from "../store/fake-store.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../kinds/arbitrary-inputs.ts";

const KEY = "east/metadata/pulumi-velero.json";
const cluster = { key: "east", uid: "uid-1" };
const ownerOf = (name: string, lineage = LINEAGE): Owner => ({
  owner: urnOf("ClusterLocation", name),
  lineage,
});
const [us, usBefore, neighbour] = [ownerOf("primary"), ownerOf("old"), ownerOf("neighbour")];
const namesake = ownerOf("primary", ANOTHER_LINEAGE);

const markerOf = (owner: Owner, more: Partial<Marker> = {}): Marker => ({
  version: 1,
  ...owner,
  formerOwners: [],
  incarnation: "0a",
  cluster,
  ...more,
});

/** A prefix to which the cluster's own Velero writes, with this claim on it; claims it for these owners. */
function prefixWith(marker?: Marker) {
  const store = fakeStore({ children: async () => ({ folders: [], objects: [] }) });
  store.objects.set("east/backups/b/velero-backup.json", Buffer.from("{}"));
  if (marker) store.objects.set(KEY, Buffer.from(markerText(marker)));
  const place = claimInStore(store, "east");
  const stored = () => JSON.parse(String(store.objects.get(KEY))) as Marker;
  return {
    store,
    place,
    stored,
    claim: async (...owners: Owner[]) => {
      const claimant = { owners, cluster, incarnation: "0b", mustFindClaim: false };
      await claim("east", claimant, { place, store, isWriting: async () => true, property: "clusters.east" });
      return stored();
    },
  };
}

const claimed = (formerOwners: Owner[] = []): Marker =>
  markerOf(us, { incarnation: "0b", formerOwners: formerOwners.map(({ owner }) => owner) });

test("A claim tells owner and lineage, and who the owner was before", async () => {
  expect(await prefixWith().claim(us)).toEqual(claimed());
  expect(await prefixWith().claim(us, usBefore)).toEqual(claimed([usBefore]));
  expect(await prefixWith(markerOf(usBefore)).claim(us, usBefore)).toEqual(claimed([usBefore]));
  const twice = markerOf(usBefore, { formerOwners: [ownerOf("oldest").owner] });
  expect(await prefixWith(twice).claim(us, usBefore)).toEqual(claimed([usBefore, ownerOf("oldest")]));
});

test("A claim on a prefix that another of the stack has released tells nothing of that one", async () => {
  const released = markerOf(neighbour, { released: "2026-11-01T00:00:00.000Z" });
  expect(await prefixWith(released).claim(us)).toEqual(claimed());
});

test("A namesake's claim is left alone, and taken over only where its lineage is taken back", async () => {
  const theirs = markerOf(namesake, { formerOwners: [usBefore.owner] });
  const { claim: claimFor, stored } = prefixWith(theirs);
  await expect(claimFor(us, usBefore)).rejects.toThrow(`adoptLineage: "${ANOTHER_LINEAGE}"`);
  expect(stored()).toEqual(theirs);
  expect(await claimFor(us, namesake)).toEqual(claimed());
});

test("A namesake that claims the prefix at the same moment keeps it", async () => {
  const { store, place, stored, claim: claimFor } = prefixWith();
  const theirs = markerOf(namesake);
  place.create = async () => {
    store.objects.set(KEY, Buffer.from(markerText(theirs)));
    return false;
  };
  await expect(claimFor(us)).rejects.toThrow("at this very moment");
  expect(stored()).toEqual(theirs);
});
