import { expect, test } from "vitest";
import {
  attach,
  type Claimant,
  type Marker,
  type PrefixFindings,
  takeOverValue,
} from "../../../provider/rules/attach.ts";

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
  marker?: Marker;
  empty?: boolean;
  /** This cluster's Velero writes there already. */
  writing?: boolean;
  expired?: string[];
}
type Outcome = "ReadWrite" | "ReadOnly" | "refused";

const there = (parts: Partial<Marker> = {}, more: Row = {}): Row => ({ marker: marker(parts), ...more });
const [empty, writing] = [{ empty: true }, { writing: true }];
const theirs = { owner: THEM };
const ofAnother = 'another cluster under the key "east"';
const namesake = `${US} of another stack that has the same name (lineage ${ANOTHER_LINEAGE})`;

const table: [what: string, row: Row, becomes: Outcome, says?: string][] = [
  ["nothing lies there", empty, "ReadWrite"],
  ["backups lie there without a marker", {}, "ReadOnly", "no marker of ours"],
  ["expired backups lie there without a marker", { expired: ["b"] }, "ReadOnly", "1 (b)"],
  ["our live marker is there", there(), "ReadWrite"],
  ["our live marker is there, and nothing else", there({}, empty), "ReadWrite"],
  ["our live marker is there, and something has expired", there({}, { expired: ["b"] }), "ReadWrite"],
  ["our marker from before a rename is there", there({ owner: US_BEFORE }), "ReadWrite"],
  ["our marker is there, but the cluster was rebuilt", there({ cluster: rebuilt }), "ReadOnly", ofAnother],
  ["and nothing else, but it was rebuilt", there({ cluster: rebuilt }, empty), "ReadOnly", ofAnother],
  ["we released it, and nothing has expired", there({ released }), "ReadWrite"],
  [
    "we released it, and something has expired since",
    there({ released }, { expired: ["b", "a"] }),
    "ReadOnly",
    `released on ${released}`,
  ],
  [
    "we released it, and it was rebuilt",
    there({ released, cluster: rebuilt }),
    "ReadOnly",
    "another cluster",
  ],
  ["another's live marker is there", there(theirs), "refused", THEM],
  ["another's live marker is there and nothing else", there(theirs, empty), "refused", THEM],
  ["another's of another cluster is there", there({ ...theirs, cluster: rebuilt }), "refused", THEM],
  ["another released it", there({ ...theirs, released }), "ReadOnly", `written by ${THEM}`],
  [
    "another released it, for another cluster",
    there({ ...theirs, released, cluster: rebuilt }),
    "ReadOnly",
    "another cluster",
  ],
  ["another, which once was ours, holds it", there({ ...theirs, formerOwners: [US] }), "refused", THEM],
  ["a namesake's live marker is there", there(namesakes), "refused", namesake],
  [
    "a namesake's is there, under an earlier name of ours, and nothing else",
    there({ ...namesakes, owner: US_BEFORE }, empty),
    "refused",
    ANOTHER_LINEAGE,
  ],
  ["a namesake released it, and nothing has expired", there({ ...namesakes, released }), "ReadWrite"],
  [
    "a namesake released it, and something has expired since",
    there({ ...namesakes, released }, { expired: ["b"] }),
    "ReadOnly",
    `released on ${released}`,
  ],
  [
    "a namesake released it, for another cluster",
    there({ ...namesakes, released, cluster: rebuilt }),
    "ReadOnly",
    "another cluster",
  ],
  ["another of our lineage holds it", there({ owner: `${US}-2` }), "refused", `${US}-2`],
  ["its own Velero writes without a marker", writing, "ReadWrite"],
  ["its own Velero writes, and something has expired", { ...writing, expired: ["b"] }, "ReadWrite"],
  ["it writes, and we released it", there({ released }, { ...writing, expired: ["b"] }), "ReadWrite"],
  ["it writes, and another released it", there({ ...theirs, released }, writing), "ReadWrite"],
  ["it writes, and it was rebuilt", there({ cluster: rebuilt }, writing), "ReadOnly", "another cluster"],
  ["it writes, and another holds it", there(theirs, writing), "refused", THEM],
];

const findingsOf = (row: Row): PrefixFindings => ({
  marker: row.marker,
  empty: row.empty ?? false,
  writing: row.writing ?? false,
  expired: row.expired ?? [],
});
const attached = (row: Row, takeOver?: string) =>
  attach(findingsOf(row), { ...claimant, takeOver }, "prod/east");

test.each(table)("A cluster that attaches to a prefix where %s", (_what, row, becomes, says) => {
  const attachment = attached(row);
  const isRefused = "refused" in attachment;
  expect(isRefused ? "refused" : attachment.accessMode).toBe(becomes);
  const said = isRefused ? attachment.refused : attachment.notice;
  if (says === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(says);
  if (becomes !== "ReadWrite") expect(said).toContain("prod/east/");

  // A takeOver makes what is read-only writable, no other one does, and none lets in where it is refused.
  const value = takeOverValue(findingsOf(row), claimant);
  if (becomes === "ReadOnly") {
    expect(said).toContain(`takeOver: "${value}"`);
    expect(attached(row, value)).toEqual({ accessMode: "ReadWrite" });
    expect(attached(row, "yes")).toEqual(attachment);
  } else expect(attached(row, value)).toEqual(attachment);
});

test("A cluster is told what Velero will delete once it may, and of much only the first", () => {
  const attachment = attached({ expired: ["b1", "b2", "b3", "b4", "b5", "b6"] });
  expect("notice" in attachment && attachment.notice).toContain("6 (b1, b2, b3, b4, b5, …)");
});

test("A takeOver left in the program arms nothing later: it fits one prefix, one cluster and what has expired", () => {
  const base = findingsOf(there({ cluster: rebuilt }, { expired: ["a", "b"] }));
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
