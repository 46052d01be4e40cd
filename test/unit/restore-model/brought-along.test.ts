import { describe, expect, test } from "vitest";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import type { Captured } from "../../../provider/velero/backup-contents.ts";
import { selectItems } from "../../../provider/restore-model/choose-items.ts";
import { captured, kinds, placeOf } from "../kinds/restore/captured.ts";

const labelled = (labels: Record<string, string>) => ({ metadata: { labels } });

/** Where what is taken up of these objects goes, in the order of the alphabet. */
const taken = (options: RestoreOptions, from: readonly Captured[]): string[] =>
  selectItems(from, options, kinds).map(placeOf).toSorted();

describe("What has done its work is not restored", () => {
  const pod = (name: string, phase: string, annotations = {}) =>
    captured("pods", `shop/${name}`, { status: { phase }, metadata: { annotations } });
  const job = (name: string, status: object) => captured("jobs.batch", `shop/${name}`, { status });

  test("nor pods that a kubelet makes itself; the namespace is made all the same", () => {
    const done = [
      pod("done", "Succeeded"),
      pod("failed", "Failed"),
      pod("mirror", "Running", { "kubernetes.io/config.mirror": "hash" }),
      job("ended", { completionTime: "2026-11-23T02:00:00Z" }),
    ];
    const rest = [pod("running", "Running"), pod("pending", "Pending"), job("runs", { active: 1 })];
    expect(taken({ includedNamespaces: ["shop"] }, [...done, ...rest])).toEqual([
      "jobs.batch shop/runs",
      "namespaces shop",
      "pods shop/pending",
      "pods shop/running",
    ]);
    expect(taken({ includedNamespaces: ["shop"] }, done)).toEqual(["namespaces shop"]);
  });

  test("another kind with such a status is", () => {
    const other = captured("configmaps", "shop/x", { status: { phase: "Succeeded", completionTime: "x" } });
    expect(taken({ includedNamespaces: ["shop"] }, [other])).toContain("configmaps shop/x");
  });
});

describe("Brought along", () => {
  const claim = (name: string, volumeName: string, phase = "Bound") =>
    captured("persistentvolumeclaims", `shop/${name}`, { spec: { volumeName }, status: { phase } });
  const volumes = [
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
    { name: "tmp", emptyDir: {} },
  ];
  const stored: Captured[] = [
    captured("pods", "shop/db", {
      ...labelled({ app: "db" }),
      spec: { volumes, priorityClassName: "high" },
      status: { phase: "Running" },
    }),
    claim("data", "pv-1"),
    claim("other", "pv-2"),
    claim("pending", "pv-3", "Pending"),
    ...["pv-1", "pv-2", "pv-3"].map((name) => captured("persistentvolumes", name)),
    captured("priorityclasses.scheduling.k8s.io", "high"),
    captured("priorityclasses.scheduling.k8s.io", "low"),
    captured("persistentvolumeclaims", "billing/data", {
      spec: { volumeName: "pv-2" },
      status: { phase: "Bound" },
    }),
  ];
  const db = { labelSelector: { matchLabels: { app: "db" } } };

  test("is the volume of a claim that is bound, in a restore of some namespaces, too", () => {
    const shop = taken({ includedNamespaces: ["shop"], includedResources: ["pvc", "pv"] }, stored);
    expect(shop.filter((place) => !place.includes("/"))).toEqual([
      "namespaces shop",
      "persistentvolumes pv-1",
      "persistentvolumes pv-2",
    ]);
  });

  test("are the claims and the priority class of a pod, whatever their labels are, and their volumes with them", () => {
    expect(taken(db, stored)).toEqual([
      "namespaces shop",
      "persistentvolumeclaims shop/data",
      "persistentvolumes pv-1",
      "pods shop/db",
      "priorityclasses.scheduling.k8s.io high",
    ]);
  });

  test("is nothing of a kind that is not wanted, and nothing of the cluster's where that is left out", () => {
    expect(taken({ ...db, includedResources: ["pods"] }, stored)).toEqual([
      "namespaces shop",
      "pods shop/db",
    ]);
    expect(taken({ ...db, excludedResources: ["persistentvolumes"] }, stored)).not.toContain(
      "persistentvolumes pv-1",
    );
    expect(taken({ ...db, includeClusterResources: false }, stored)).toEqual([
      "namespaces shop",
      "persistentvolumeclaims shop/data",
      "pods shop/db",
    ]);
  });

  test("is each only once, and a volume whether or not its data is restored", () => {
    const all = taken({ restorePVs: false }, stored);
    expect(all).toEqual([...new Set(all)]);
    expect(all).toEqual(taken({}, stored));
    expect(all).toContain("persistentvolumes pv-1");
  });
});
