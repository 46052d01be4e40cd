import { expect, test } from "vitest";
import { locations } from "../../../../provider/kubernetes/resources.ts";
import { type Owner, stampOf } from "../../../../provider/core/identity.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location-outputs.ts";
import { findFormerSelf, withFormerSelf } from "../../../../provider/kinds/cluster-location/adopt.ts";
import { leavingLabel } from "../../../../provider/velero/labels.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../arbitrary-inputs.ts";

const ours = { owner: urnOf("ClusterLocation", "primary-east"), lineage: LINEAGE };
const before = { ...ours, lineage: ANOTHER_LINEAGE };
const location = { ...ours, locationName: "l", namespace: "velero" } as ClusterLocationOutputs;
const left = { [leavingLabel]: "true" };

/** The owner that a location was which is declared while this one is there. */
async function formerly(owner: Owner, labels: Record<string, string> = left, declared = location) {
  const { client, put } = memoryCluster();
  const stamp = stampOf({ ...owner, incarnation: "0a" });
  put(locations, {
    metadata: { name: "l", namespace: "velero", ...stamp, labels: { ...stamp.labels, ...labels } },
  });
  return findFormerSelf(client, declared);
}

test("A location that is declared again is the one that was left to others", async () => {
  expect(await formerly(before)).toEqual(before);
  const renamed = { ...ours, owner: urnOf("ClusterLocation", "old-east") };
  const earlier = { ...location, formerOwners: [renamed] };
  const self = { ...renamed, lineage: ANOTHER_LINEAGE };
  expect(await formerly(self, left, earlier)).toEqual(self);
  expect(withFormerSelf(earlier, self).formerOwners).toEqual([renamed, self]);
  expect(withFormerSelf(earlier, undefined)).toBe(earlier);
});

test("A location that its owner still has, or that is another's, is nobody's former self", async () => {
  expect(await formerly(before, {})).toBeUndefined();
  expect(await formerly({ ...before, owner: urnOf("ClusterLocation", "theirs-east") })).toBeUndefined();
  expect(await formerly(before, { ...left, "pulumi-velero.io/owner": "another" })).toBeUndefined();
  expect(await formerly(before, left, { ...location, locationName: "another" })).toBeUndefined();
});

test("A location that knows its owner already keeps what it knows", async () => {
  expect(await formerly(ours)).toBeUndefined();
  expect(await formerly(before, left, { ...location, adoptLineage: ANOTHER_LINEAGE })).toBeUndefined();
});
