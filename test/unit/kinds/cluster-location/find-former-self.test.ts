import { expect, test } from "vitest";
import { locations } from "../../../../provider/kubernetes/resources.ts";
import { type Owner, stampOf } from "../../../../provider/core/identity.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import { findFormerSelves, withFormerSelves } from "../../../../provider/kinds/cluster-location/adopt.ts";
import { formerLineagesAnnotation, orphanedLabel } from "../../../../provider/velero/manifests.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../arbitrary-inputs.ts";

const ours = { owner: urnOf("ClusterLocation", "primary-east"), lineage: LINEAGE };
const before = { ...ours, lineage: ANOTHER_LINEAGE };
const location = { ...ours, locationName: "l", namespace: "velero" } as ClusterLocationOutputs;
const left = { [orphanedLabel]: "true" };

/** The owner that a location was which is declared while this one is there. */
async function formerly(
  owner: Owner,
  labels: Record<string, string> = left,
  declared = location,
  annotations: Record<string, string> = {},
) {
  const { client, put } = memoryCluster();
  const stamp = stampOf({ ...owner, incarnation: "0a" });
  put(locations, {
    metadata: {
      name: "l",
      namespace: "velero",
      labels: { ...stamp.labels, ...labels },
      annotations: { ...stamp.annotations, ...annotations },
    },
  });
  return findFormerSelves(client, declared);
}

test("A location that is declared again is the one that was left to others", async () => {
  expect(await formerly(before)).toEqual([before]);
  const renamed = { ...ours, owner: urnOf("ClusterLocation", "old-east") };
  const earlier = { ...location, formerOwners: [renamed] };
  const self = { ...renamed, lineage: ANOTHER_LINEAGE };
  expect(await formerly(self, left, earlier)).toEqual([self]);
  expect(withFormerSelves(earlier, [self]).formerOwners).toEqual([renamed, self]);
  expect(withFormerSelves(earlier, [])).toBe(earlier);
});

test("A location that was left more than once is all that left it", async () => {
  const lineages = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"];
  const annotations = { [formerLineagesAnnotation]: lineages.join(",") };
  expect(await formerly(before, left, location, annotations)).toEqual([
    before,
    ...lineages.map((lineage) => ({ ...before, lineage })),
  ]);
});

test("A location that its owner still has, or that is another's, is nobody's former self", async () => {
  expect(await formerly(before, {})).toEqual([]);
  expect(await formerly({ ...before, owner: urnOf("ClusterLocation", "theirs-east") })).toEqual([]);
  expect(await formerly(before, { ...left, "pulumi-velero.io/owner": "another" })).toEqual([]);
  expect(await formerly(before, left, { ...location, locationName: "another" })).toEqual([]);
});

test("A location that knows its owner already keeps what it knows", async () => {
  expect(await formerly(ours)).toEqual([]);
  expect(await formerly(before, left, { ...location, adoptLineage: ANOTHER_LINEAGE })).toEqual([]);
});
