import { describe, expect, test } from "vitest";
import { judgeClaim } from "../../../../provider/kinds/cluster-location/read-health.ts";
import type { Marker } from "../../../../provider/rules/attach.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../arbitrary-inputs.ts";

const OWNER = urnOf("ClusterLocation", "primary-east");
const state = { owner: OWNER, lineage: LINEAGE, clusterUid: "uid-1", storePrefix: "east" };

describe("The claim of a location", () => {
  const marker: Marker = {
    version: 1,
    owner: OWNER,
    lineage: LINEAGE,
    formerOwners: [],
    incarnation: "0a1b2c3d4e5f",
    cluster: { key: "east", uid: "uid-1" },
  };
  const THEM = OWNER.replace(":dev::", ":prod::");
  const said = (found: Marker | undefined, more: object = {}) =>
    judgeClaim(found, { ...state, ...more }, 'minio bucket "backups"');

  test("is held, under a former name, or a later one of which this state does not know yet", () => {
    expect(said(marker)).toBeUndefined();
    expect(
      said({ ...marker, owner: THEM }, { formerOwners: [{ owner: THEM, lineage: LINEAGE }] }),
    ).toBeUndefined();
    expect(said({ ...marker, owner: THEM, formerOwners: [OWNER] })).toBeUndefined();
  });

  test.each<[string, Marker | undefined, string]>([
    ["gone", undefined, 'the claim on east/ in minio bucket "backups" is gone; up claims it anew'],
    ["another's", { ...marker, owner: THEM }, `now belongs to ${THEM}, and one location`],
    [
      "a namesake's",
      { ...marker, lineage: ANOTHER_LINEAGE },
      `now belongs to ${OWNER} of another stack that has the same name (lineage ${ANOTHER_LINEAGE})`,
    ],
    [
      "a namesake's, once ours",
      { ...marker, owner: THEM, formerOwners: [OWNER], lineage: ANOTHER_LINEAGE },
      `now belongs to ${THEM}`,
    ],
    ["of another cluster", { ...marker, cluster: { key: "old", uid: "uid-0" } }, 'under the key "old"'],
    ["released", { ...marker, released: "2026-11-01" }, "was released on 2026-11-01; up claims it anew"],
  ])("that is %s is told", (_what, found, words) => {
    expect(said(found)).toContain(words);
  });
});
