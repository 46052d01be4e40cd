import { describe, expect, test } from "vitest";
import { stampOf } from "../../../provider/core/identity.ts";
import {
  type BackupRequest,
  chooseBackup,
  isGood,
  matchesRequest,
} from "../../../provider/restore-model/choose-backup.ts";
import type { Backup } from "../../../provider/velero/types.ts";
import { ANOTHER_LINEAGE, LINEAGE, urnOf } from "../kinds/arbitrary-inputs.ts";

const NIGHTLY = urnOf("ClusterBackup", "nightly");
const PAYMENTS = urnOf("WorkspaceBackup", "payments");
const owners = [{ owner: NIGHTLY, lineage: LINEAGE }];

interface Parts {
  owner?: string;
  lineage?: string;
  /** The Schedule that made it. */
  schedule?: string;
  phase?: string;
  /** On which day of November it was begun; it ended an hour later. */
  day?: number;
}

function backup(name: string, parts: Parts = {}): Backup {
  const { owner, lineage = LINEAGE, schedule, phase = "Completed", day = 23 } = parts;
  const stamp = owner === undefined ? undefined : stampOf({ owner, lineage, incarnation: "0a1b" });
  return {
    metadata: {
      name,
      labels: { ...stamp?.labels, ...(schedule !== undefined && { "velero.io/schedule-name": schedule }) },
      annotations: stamp?.annotations ?? {},
    },
    spec: {},
    status: {
      phase,
      startTimestamp: `2026-11-${day}T02:00:00Z`,
      completionTimestamp: `2026-11-${day}T03:00:00Z`,
    },
  };
}

describe("A backup is one of those that are wished for", () => {
  test.each<[string, Backup, BackupRequest]>([
    ["by its name", backup("b"), { backupName: "b" }],
    ["by who made it", backup("b", { owner: NIGHTLY }), { owners }],
    [
      "by who made it under another URN",
      backup("b", { owner: NIGHTLY }),
      { owners: [{ owner: "urn:new", lineage: LINEAGE }, ...owners] },
    ],
    ["by its Schedule's name", backup("b", { schedule: "nightly-0a1b" }), { schedule: "nightly-0a1b" }],
    ["by the name of the ClusterBackup", backup("b", { owner: NIGHTLY }), { schedule: "nightly" }],
    ["by the name of the workspace", backup("b", { owner: PAYMENTS }), { workspace: "payments" }],
    ["whoever made it, where that is said on purpose", backup("b", { owner: NIGHTLY }), { any: true }],
    [
      "by the name of a Schedule that is longer than a label",
      backup("b", { schedule: `${"a".repeat(57)}ffe054` }),
      { schedule: "a".repeat(64) },
    ],
  ])("%s", (_how, given, wish) => {
    expect(matchesRequest(given, wish)).toBe(true);
  });

  test.each<[string, Backup, BackupRequest]>([
    ["a wish that says nothing", backup("b", { owner: NIGHTLY }), {}],
    ["another name", backup("b-2"), { backupName: "b" }],
    ["another name, where any would do else", backup("b-2"), { backupName: "b", any: true }],
    ["another owner", backup("b", { owner: PAYMENTS }), { owners }],
    ["a namesake's", backup("b", { owner: NIGHTLY, lineage: ANOTHER_LINEAGE }), { owners }],
    ["no owner", backup("b"), { owners }],
    ["another schedule", backup("b", { schedule: "weekly" }), { schedule: "nightly" }],
    ["no schedule", backup("nightly"), { schedule: "nightly" }],
    [
      "a workspace of that name",
      backup("b", { owner: urnOf("WorkspaceBackup", "nightly") }),
      { schedule: "nightly" },
    ],
    [
      "a backup of that name",
      backup("b", { owner: urnOf("ClusterBackup", "payments") }),
      { workspace: "payments" },
    ],
    [
      "a name that ends so",
      backup("b", { owner: urnOf("ClusterBackup", "not-nightly") }),
      { schedule: "nightly" },
    ],
    ["a Schedule of a workspace's name", backup("b", { schedule: "payments" }), { workspace: "payments" }],
    ["nothing that is wished", backup("b", { owner: NIGHTLY }), {}],
  ])("and not with %s", (_what, given, wish) => {
    expect(matchesRequest(given, wish)).toBe(false);
  });
});

describe("A backup can be restored", () => {
  test.each([
    ["Completed", true, true],
    ["PartiallyFailed", false, true],
    ["Failed", false, false],
    ["FailedValidation", false, false],
    ["InProgress", false, false],
    ["Deleting", false, false],
    ["SomethingThatALaterVeleroInvents", false, false],
  ])("where it is %s: %s, and with allowPartialFailure: %s", (phase, usually, leniently) => {
    expect(isGood(backup("b", { phase }), {})).toBe(usually);
    expect(isGood(backup("b", { phase }), { allowPartialFailure: true })).toBe(leniently);
  });

  test("where it had ended by then, and not begun alone", () => {
    const given = backup("b", { day: 23 });
    expect(isGood(given, { before: "2026-11-23T03:00:00Z" })).toBe(true);
    expect(isGood(given, { before: "2026-11-23T02:59:59Z" })).toBe(false);
    expect(isGood(given, { before: "2026-11-23T04:00:00+01:00" })).toBe(true);
    expect(isGood({ ...given, status: { phase: "Completed" } }, { before: "2026-11-24T00:00:00Z" })).toBe(
      false,
    );
  });

  test("not before Velero has begun with it", () => {
    const { status: _none, ...unseen } = backup("b");
    expect(isGood(unseen, {})).toBe(false);
  });
});

describe("Of several backups", () => {
  const nights = [20, 22, 21].map((day) => backup(`nightly-${day}`, { owner: NIGHTLY, day }));
  const nameOf = (wish: BackupRequest, among: Backup[] = nights) => chooseBackup(among, wish)?.metadata.name;

  test("the newest that is wished for and good", () => {
    const others = [
      backup("theirs", { owner: PAYMENTS, day: 24 }),
      backup("failed", { owner: NIGHTLY, day: 25, phase: "Failed" }),
      backup("partial", { owner: NIGHTLY, day: 23, phase: "PartiallyFailed" }),
    ];
    expect(nameOf({ owners }, [...others, ...nights])).toBe("nightly-22");
    expect(nameOf({ owners, allowPartialFailure: true }, [...others, ...nights])).toBe("partial");
  });

  test("the newest that there was then", () => {
    expect(nameOf({ schedule: "nightly", before: "2026-11-22T00:00:00Z" })).toBe("nightly-21");
    expect(nameOf({ schedule: "nightly", before: "2026-11-01T00:00:00Z" })).toBeUndefined();
  });
});
