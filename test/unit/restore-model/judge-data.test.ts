import { describe, expect, test } from "vitest";
import {
  type Claim,
  type Evidence,
  judgeAhead,
  judgeData,
  needsNodeAgent,
  type PlannedClaim,
} from "../../../provider/restore-model/plan-volumes.ts";
import { made } from "../kinds/restore/real-volumes.ts";

const planned = (method: PlannedClaim["method"], intoNamespace: string, more: object = {}): PlannedClaim => ({
  namespace: "shop",
  claim: "data",
  method,
  intoNamespace,
  ...more,
});
const live = (namespace: string, phase?: string, spec: object = {}): Claim => ({
  metadata: { name: "data", namespace },
  spec,
  ...(phase !== undefined && { status: { phase } }),
});
const fromSnapshot = { dataSource: { kind: "VolumeSnapshot", name: "0413" } };

/** Whether it came back, or why not. */
function verdict(
  claim: PlannedClaim,
  claims: Claim[],
  more: Partial<Evidence> = {},
): true | string | undefined {
  const [only] = judgeData([claim], { claims, podVolumeRestores: [], dataDownloads: [], ...more });
  expect(only).toMatchObject({ claim: "shop/data", method: claim.method });
  return only?.cameBack === true ? true : only?.why;
}
const files = { pod: "web-775b8fcf86-7cjth", volume: "data" };

describe("The data of a claim came back", () => {
  test("from files, where Velero's node agent has brought them and the claim has a volume", () => {
    const podVolumeRestores = made.filesBack;
    expect(
      verdict(planned("fileCopy", "vol-a", files), [live("vol-a", "Bound")], { podVolumeRestores }),
    ).toBe(true);
  });

  test("from the store, where a DataDownload has ended well", () => {
    const dataDownloads = made.moved;
    expect(
      verdict(planned("moveData", "csi-a-moved"), [live("csi-a-moved", "Bound")], { dataDownloads }),
    ).toBe(true);
  });

  test("from a snapshot, where the claim was made of one and has a volume", () => {
    for (const spec of [fromSnapshot, { dataSourceRef: fromSnapshot.dataSource }])
      expect(verdict(planned("snapshot", "d"), [live("d", "Bound", spec)])).toBe(true);
  });
});

describe("The data of a claim did not come back", () => {
  const copied = (into: string) => planned("fileCopy", into, files);
  const failed = {
    metadata: { name: "p" },
    spec: { pod: { name: files.pod, namespace: "d" }, volume: "data" },
    status: { phase: "Failed", message: "wrong password" },
  };
  const byFiles = (...podVolumeRestores: Evidence["podVolumeRestores"]) => ({ podVolumeRestores });
  const enableCsi = "see that Velero there has --features=EnableCSI";
  /** The claim that is there: in which namespace, and in which phase. */
  test.each<[string, PlannedClaim, string, Partial<Evidence> & { spec?: object }, string]>([
    ["the claim is not there", planned("snapshot", "d"), "other Bound", {}, "the claim is not there"],
    [
      "a claim waits for a pod (restore-drill-rules-snapshot-wait-for-consumer)",
      planned("snapshot", "d"),
      "d Pending",
      { spec: fromSnapshot },
      "the claim is Pending, and has no volume",
    ],
    [
      "its volume is lost",
      planned("snapshot", "d"),
      "d Lost",
      { spec: fromSnapshot },
      "the claim is Lost, and has no volume",
    ],
    [
      "Velero there knows no snapshots: Completed, bound, empty",
      planned("snapshot", "d"),
      "d Bound",
      {},
      `it was made anew, without its snapshot: ${enableCsi}`,
    ],
    [
      "no pod has mounted it (restore-drill-rules-filecopy): Completed, bound, empty",
      copied("d"),
      "d Bound",
      byFiles(...made.filesBack),
      `its file copy comes back with pod ${files.pod}, and no PodVolumeRestore was made for that`,
    ],
    [
      "the claim never binds (restore-claim-never-binds)",
      copied("rh4"),
      "rh4 Pending",
      byFiles(...made.filesNotBack),
      "PodVolumeRestore rh-init-ok-bts7g is New",
    ],
    [
      "the node agent has failed",
      copied("d"),
      "d Bound",
      byFiles(failed),
      "PodVolumeRestore p is Failed (wrong password)",
    ],
    [
      "nobody has taken it over (restore-drill-rules-move-wait-for-consumer)",
      planned("moveData", "ldrill-move"),
      "ldrill-move Pending",
      { dataDownloads: made.notMoved },
      "DataDownload ldrill-move-vq446 is Accepted",
    ],
    [
      "Velero there has no data mover",
      planned("moveData", "d"),
      "d Bound",
      { dataDownloads: made.moved },
      `no DataDownload was made for it: ${enableCsi}`,
    ],
    [
      "a drill restores nothing of that kind",
      planned("cloudSnapshot", "d", { hopeless: "it is of the cluster" }),
      "d Bound",
      {},
      "it is of the cluster",
    ],
  ])("where %s", (_what, claim, there, { spec, ...evidence }, why) => {
    const [namespace = "", phase] = there.split(" ");
    expect(verdict(claim, [live(namespace, phase, spec)], evidence)).toBe(why);
  });
});

describe("Before anything is restored it is known", () => {
  const all = [
    planned("snapshot", "d"),
    planned("moveData", "d"),
    planned("fileCopy", "d", { hopeless: "no pod" }),
  ];
  const whys = (withoutNodeAgent: boolean) =>
    judgeAhead(all, { withoutNodeAgent }).map(({ cameBack, why }) => (cameBack ? true : why));

  test("what cannot come back", () => {
    expect(whys(false)).toEqual([true, true, "no pod"]);
  });

  test("that nobody would bring it back, where there is no node agent", () => {
    const nobody = "Velero's node agent has to bring it back, and none is installed there";
    expect(whys(true)).toEqual([true, nobody, "no pod"]);
    expect(needsNodeAgent(all.slice(0, 1))).toBe(false);
    expect([needsNodeAgent(all.slice(0, 2)), needsNodeAgent(all.slice(2))]).toEqual([true, true]);
  });
});
