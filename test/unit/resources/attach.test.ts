import { describe, expect, test } from "vitest";
import {
  attach,
  type Claimant,
  type PrefixFindings,
  takeOverValue,
} from "../../../provider/resources/cluster-location/attach.ts";
import type { Marker } from "../../../provider/resources/cluster-location/marker.ts";

const [LINEAGE, ANOTHER_LINEAGE] = ["00000000000000a1", "00000000000000b2"];
const US = "urn:pulumi:dev::a::velero:ClusterLocation::primary-east";
const US_BEFORE = "urn:pulumi:dev::a::velero:ClusterLocation::old-east";
const THEM = "urn:pulumi:prod::b::velero:ClusterLocation::primary-east";

const claimant: Claimant = {
  owners: [US, US_BEFORE].map((owner) => ({ owner, lineage: LINEAGE })),
  cluster: { key: "east", uid: "uid-1" },
};

const marker = (parts: Partial<Marker> = {}): Marker => ({
  version: 1,
  owner: US,
  lineage: LINEAGE,
  formerOwners: [],
  incarnation: "0a1b",
  cluster: { key: "east", uid: "uid-1" },
  ...parts,
});

const rebuilt = { key: "east", uid: "uid-0" };
/** A stack of the same name in another backend. */
const namesakes = { lineage: ANOTHER_LINEAGE };
const released = "2026-11-01T00:00:00.000Z";

interface Row {
  what: string;
  marker?: Marker;
  empty?: boolean;
  /** This cluster's Velero writes there already. */
  writing?: boolean;
  expired?: string[];
  becomes: "ReadWrite" | "ReadOnly" | "refused";
  says?: string;
}

const table: Row[] = [
  { what: "nothing lies there", empty: true, becomes: "ReadWrite" },
  { what: "backups lie there without a marker", becomes: "ReadOnly", says: "no marker of ours" },
  { what: "expired backups lie there without a marker", expired: ["b"], becomes: "ReadOnly", says: "1 (b)" },

  { what: "our live marker is there", marker: marker(), becomes: "ReadWrite" },
  { what: "our live marker is there, and nothing else", marker: marker(), empty: true, becomes: "ReadWrite" },
  {
    what: "our live marker is there, and something has expired",
    marker: marker(),
    expired: ["b"],
    becomes: "ReadWrite",
  },
  {
    what: "our marker from before a rename is there",
    marker: marker({ owner: US_BEFORE }),
    becomes: "ReadWrite",
  },
  {
    what: "our marker is there, but the cluster was rebuilt",
    marker: marker({ cluster: rebuilt }),
    becomes: "ReadOnly",
    says: 'another cluster under the key "east"',
  },
  {
    what: "our marker is there and nothing else, but the cluster was rebuilt",
    marker: marker({ cluster: rebuilt }),
    empty: true,
    becomes: "ReadOnly",
    says: "another cluster",
  },

  { what: "we released it, and nothing has expired", marker: marker({ released }), becomes: "ReadWrite" },
  {
    what: "we released it, and something has expired since",
    marker: marker({ released }),
    expired: ["b", "a"],
    becomes: "ReadOnly",
    says: "released on 2026-11-01T00:00:00.000Z",
  },
  {
    what: "we released it, and the cluster was rebuilt",
    marker: marker({ released, cluster: rebuilt }),
    becomes: "ReadOnly",
    says: "another cluster",
  },

  { what: "another's live marker is there", marker: marker({ owner: THEM }), becomes: "refused", says: THEM },
  {
    what: "another's live marker is there and nothing else",
    marker: marker({ owner: THEM }),
    empty: true,
    becomes: "refused",
    says: THEM,
  },
  {
    what: "another's live marker of another cluster is there",
    marker: marker({ owner: THEM, cluster: rebuilt }),
    becomes: "refused",
    says: THEM,
  },
  {
    what: "another released it",
    marker: marker({ owner: THEM, released }),
    becomes: "ReadOnly",
    says: `written by ${THEM}`,
  },
  {
    what: "another released it, for another cluster",
    marker: marker({ owner: THEM, released, cluster: rebuilt }),
    becomes: "ReadOnly",
    says: "another cluster",
  },
  {
    what: "another, which once was ours, holds it",
    marker: marker({ owner: THEM, formerOwners: [US] }),
    becomes: "refused",
    says: THEM,
  },

  {
    what: "a namesake's live marker is there",
    marker: marker(namesakes),
    becomes: "refused",
    says: `${US} of another stack that has the same name (lineage ${ANOTHER_LINEAGE})`,
  },
  {
    what: "a namesake's live marker is there, under an earlier name of ours, and nothing else",
    marker: marker({ ...namesakes, owner: US_BEFORE }),
    empty: true,
    becomes: "refused",
    says: ANOTHER_LINEAGE,
  },
  {
    what: "a namesake released it, and nothing has expired",
    marker: marker({ ...namesakes, released }),
    becomes: "ReadWrite",
  },
  {
    what: "a namesake released it, and something has expired since",
    marker: marker({ ...namesakes, released }),
    expired: ["b"],
    becomes: "ReadOnly",
    says: `released on ${released}`,
  },
  {
    what: "a namesake released it, for another cluster",
    marker: marker({ ...namesakes, released, cluster: rebuilt }),
    becomes: "ReadOnly",
    says: "another cluster",
  },
  {
    what: "another of our lineage holds it",
    marker: marker({ owner: `${US}-2` }),
    becomes: "refused",
    says: `${US}-2`,
  },

  { what: "its own Velero writes without a marker", writing: true, becomes: "ReadWrite" },
  {
    what: "its own Velero writes without a marker, and something has expired",
    writing: true,
    expired: ["b"],
    becomes: "ReadWrite",
  },
  {
    what: "its own Velero writes, and we released it",
    marker: marker({ released }),
    writing: true,
    expired: ["b"],
    becomes: "ReadWrite",
  },
  {
    what: "its own Velero writes, and another released it",
    marker: marker({ owner: THEM, released }),
    writing: true,
    becomes: "ReadWrite",
  },
  {
    what: "its own Velero writes, and the marker is of another cluster",
    marker: marker({ cluster: rebuilt }),
    writing: true,
    becomes: "ReadOnly",
    says: "another cluster",
  },
  {
    what: "its own Velero writes, and another holds it",
    marker: marker({ owner: THEM }),
    writing: true,
    becomes: "refused",
    says: THEM,
  },
];

const findingsOf = (row: Row): PrefixFindings => ({
  marker: row.marker,
  empty: row.empty ?? false,
  writing: row.writing ?? false,
  expired: row.expired ?? [],
});

describe("A cluster that attaches to a prefix", () => {
  test.each(table)("where $what, is $becomes", (row) => {
    const attachment = attach(findingsOf(row), claimant, "prod/east");
    const outcome = "refused" in attachment ? "refused" : attachment.accessMode;
    expect(outcome).toBe(row.becomes);
    const said = "refused" in attachment ? attachment.refused : attachment.notice;
    if (row.says === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(row.says);
    if (outcome !== "ReadWrite") expect(said).toContain("prod/east/");
  });

  test.each(table.filter(({ becomes }) => becomes === "ReadOnly"))(
    "where $what, is told the takeOver that makes it writable, and no other does",
    (row) => {
      const found = findingsOf(row);
      const attachment = attach(found, claimant, "prod/east");
      const value = takeOverValue(found, claimant);
      expect("notice" in attachment && attachment.notice).toContain(`takeOver: "${value}"`);
      expect(attach(found, { ...claimant, takeOver: value }, "prod/east")).toEqual({
        accessMode: "ReadWrite",
      });
      expect(attach(found, { ...claimant, takeOver: "yes" }, "prod/east")).toEqual(attachment);
    },
  );

  test.each(table.filter(({ becomes }) => becomes === "refused"))(
    "where $what, is let in by no takeOver",
    (row) => {
      const found = findingsOf(row);
      const attachment = attach(
        found,
        { ...claimant, takeOver: takeOverValue(found, claimant) },
        "prod/east",
      );
      expect(attachment).toHaveProperty("refused");
    },
  );

  test("is told what Velero will delete once it may, and of much only the first", () => {
    const expired = ["b1", "b2", "b3", "b4", "b5", "b6"];
    const attachment = attach({ marker: undefined, empty: false, writing: false, expired }, claimant, "p");
    expect("notice" in attachment && attachment.notice).toContain("6 (b1, b2, b3, b4, b5, …)");
  });
});

test("a takeOver left in the program arms nothing later: it fits one prefix, one cluster and what has expired", () => {
  const base: PrefixFindings = {
    marker: marker({ cluster: rebuilt }),
    empty: false,
    writing: false,
    expired: ["a", "b"],
  };
  const values = [
    takeOverValue(base, claimant),
    takeOverValue({ ...base, expired: ["a"] }, claimant),
    takeOverValue({ ...base, marker: marker({ cluster: rebuilt, incarnation: "0c1d" }) }, claimant),
    takeOverValue({ ...base, marker: undefined }, claimant),
    takeOverValue(base, { ...claimant, cluster: { key: "east", uid: "uid-2" } }),
  ];
  expect(new Set(values).size).toBe(values.length);
  expect(takeOverValue({ ...base, expired: ["b", "a"] }, claimant)).toBe(values[0]);
});
