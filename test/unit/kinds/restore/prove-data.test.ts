import { describe, expect, test, vi } from "vitest";
import {
  dataDownloads,
  persistentVolumeClaims,
  podVolumeRestores,
} from "../../../../provider/kubernetes/resources.ts";
import { dataMissing, proveData, unproven } from "../../../../provider/kinds/restore/prove-restored.ts";
import type { PlannedClaim } from "../../../../provider/restore-model/plan-volumes.ts";
import { labelValue } from "../../../../provider/velero/manifests.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";

const LONG = `drill-${"x".repeat(70)}`;
const snapshot = { dataSource: { kind: "VolumeSnapshot", name: "s" } };
const planned = (claim: string, method: PlannedClaim["method"] = "snapshot"): PlannedClaim => ({
  namespace: "shop",
  claim,
  method,
  intoNamespace: "shop-drill",
  ...(method === "fileCopy" && { pod: "web", volume: "v" }),
});

function target() {
  const memory = memoryCluster();
  const said: string[] = [];
  const put = (name: string, phase: string, spec: object = snapshot) =>
    memory.put(persistentVolumeClaims, {
      metadata: { name, namespace: "shop-drill" },
      spec,
      status: { phase },
    });
  const prove = (all: PlannedClaim[], limit = 60_000, name = "r") =>
    proveData(
      memory.client,
      { name, namespace: "velero" },
      all,
      limit === 0
        ? undefined
        : {
            deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(limit) },
            progress: { report: (words) => said.push(words), stop: () => undefined },
          },
    );
  return { ...memory, put, prove, said, putObject: memory.put };
}

describe("A claim whose volume is made of a snapshot", () => {
  test("is waited for until it has one", async () => {
    const { put, prove, said } = target();
    put("a", "Pending");
    put("b", "Bound");
    const proving = prove([planned("a"), planned("b")]);
    await vi.waitFor(() => expect(said).toEqual(["waiting for volumes of claims: shop-drill/a"]));
    put("a", "Bound");
    expect(await proving).toEqual(
      ["a", "b"].map((name) => ({ claim: `shop/${name}`, method: "snapshot", cameBack: true })),
    );
  });

  test.each<[string, number]>([
    ["has none at the deadline", 50],
    ["has none yet, where nobody waits", 0],
  ])("did not come back that %s", async (_what, limit) => {
    const { put, prove } = target();
    put("a", "Pending");
    expect(await prove([planned("a")], limit)).toMatchObject([
      { cameBack: false, why: "the claim is Pending, and has no volume" },
    ]);
  });

  test("is not waited for where it is lost, gone, or will be empty", async () => {
    const { put, prove, said } = target();
    put("lost", "Lost");
    put("empty", "Pending", {});
    const verdicts = await prove([planned("lost"), planned("gone"), planned("empty")]);
    expect(verdicts.map(({ cameBack }) => cameBack)).toEqual([false, false, false]);
    expect(said).toEqual([]);
  });

  test("is not waited for any more when it is removed", async () => {
    const { put, prove, said, remove } = target();
    put("a", "Pending");
    const proving = prove([planned("a")]);
    await vi.waitFor(() => expect(said).toHaveLength(1));
    remove(persistentVolumeClaims, "a");
    expect(await proving).toMatchObject([{ cameBack: false, why: "the claim is not there" }]);
  });
});

test("what another restore has brought back proves nothing", async () => {
  const { putObject, put, prove } = target();
  put("a", "Bound", {});
  put("b", "Bound", {});
  const all = [planned("a", "fileCopy"), planned("b", "moveData")];
  const of = (name: string) => ({
    name: `of-${name.slice(0, 5)}`,
    labels: { "velero.io/restore-name": labelValue(name) },
  });
  const bring = (name: string) => {
    putObject(podVolumeRestores, {
      metadata: of(name),
      spec: { pod: { name: "web", namespace: "shop-drill" }, volume: "v" },
      status: { phase: "Completed" },
    });
    putObject(dataDownloads, {
      metadata: of(name),
      spec: { targetVolume: { namespace: "shop-drill", pvc: "b" } },
      status: { phase: "Completed" },
    });
  };
  bring("other");
  expect((await prove(all, 60_000, LONG)).map(({ cameBack }) => cameBack)).toEqual([false, false]);
  bring(LONG);
  expect((await prove(all, 60_000, LONG)).map(({ cameBack }) => cameBack)).toEqual([true, true]);
});

test("nothing is asked where the backup holds no data", async () => {
  const { client, prove } = target();
  client.list = () => Promise.reject(new Error("asked"));
  expect(await prove([])).toEqual([]);
});

describe("What is told of it", () => {
  const verdict = (claim: string, why?: string) => ({
    claim,
    method: "snapshot" as const,
    cameBack: why === undefined,
    ...(why !== undefined && { why }),
  });
  const words = { place: "did not come back", todo: "Mend it." };

  test("is nothing where all came back", () => {
    expect(unproven([verdict("shop/a")])).toEqual([]);
    expect(dataMissing([verdict("shop/a")], words)).toBeUndefined();
  });

  test("names each claim, with the reason and the way out", () => {
    const all = [verdict("shop/a"), verdict("shop/b", "it is Lost")];
    expect(dataMissing(all, words)?.message).toBe(
      'drill: the data of 1 of 2 claims did not come back: shop/b: it is Lost. Mend it. A drill of objects alone is drill: { data: "objectsOnly" }.',
    );
  });

  test("has an end", () => {
    const all = Array.from({ length: 13 }, (_, index) => verdict(`shop/${index}`, "gone"));
    expect(unproven(all)).toHaveLength(11);
    expect(unproven(all).at(-1)).toBe("and 3 more");
  });
});
