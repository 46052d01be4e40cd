import { describe, expect, test } from "vitest";
import { type Means, predictClaims } from "../../../provider/volumes/judge-claims.ts";
import { selectedObjects } from "../../../provider/volumes/volume-objects.ts";
import { volumeSwitches } from "../../../provider/schemas/selection.ts";
import type { SelectionInputs } from "../../../provider/velero/selection-entries.ts";
import { claim, csi, objects, pod, volume } from "./volume-objects.ts";

const able: Means = {
  nodeAgent: true,
  csi: true,
  locations: [],
  snapshotClasses: [{ metadata: { name: "dir" }, driver: "dir.csi.test" }],
  storageClasses: [{ metadata: { name: "dir" }, provisioner: "dir.csi.test" }],
};
const held = objects(
  [claim("shop/data"), claim("shop/idle"), claim("shop/plain", { volume: "pv-plain" })],
  [pod("shop/web", "data")],
  [volume("pv-data", csi), volume("pv-idle", csi), volume("pv-plain")],
);

const predicted = (how: keyof typeof volumeSwitches, means: Partial<Means> = {}) =>
  Object.fromEntries(
    predictClaims(
      held,
      { switches: volumeSwitches[how], volumes: how, policies: [] },
      { ...able, ...means },
    ).map(({ claim: name, fate }) => [
      name,
      fate.fate === "saved" ? fate.method : fate.fate === "missed" ? `missed: ${fate.why}` : fate.fate,
    ]),
  );

const NO_PLUGIN =
  "missed: its PersistentVolume is of no CSI driver, and there is no VolumeSnapshotLocation by which a plugin could take a snapshot of it";
const NO_POD = "missed: no pod in the backup mounts it";
const NO_AGENT = "missed: no node agent runs that would copy it";

describe("What becomes of claims is told ahead", () => {
  test("by file copy: what a pod mounts, with a node agent", () => {
    expect(predicted("fileCopy")).toEqual({
      "shop/data": "fileCopy",
      "shop/idle": NO_POD,
      "shop/plain": NO_POD,
    });
    expect(predicted("fileCopy", { nodeAgent: false })["shop/data"]).toBe(NO_AGENT);
    // Who may not see it is not told that it is missing.
    expect(predicted("fileCopy", { nodeAgent: undefined })["shop/data"]).toBe("fileCopy");
  });

  test("by snapshot: what a CSI driver has, mounted or not", () => {
    expect(predicted("snapshot")).toEqual({
      "shop/data": "snapshot",
      "shop/idle": "snapshot",
      "shop/plain": NO_PLUGIN,
    });
    expect(predicted("snapshot", { csi: undefined })).toEqual({
      "shop/data": "unseen",
      "shop/idle": "unseen",
      "shop/plain": NO_PLUGIN,
    });
  });

  test("by moved snapshot: the same, with a node agent", () => {
    expect(predicted("moveData")["shop/idle"]).toBe("moveData");
    expect(predicted("moveData", { nodeAgent: false })["shop/idle"]).toBe(NO_AGENT);
    expect(predicted("moveData", { nodeAgent: false })["shop/plain"]).toBe(NO_PLUGIN);
  });
});

describe("The claims that a selection takes", () => {
  const cluster = objects(
    [
      claim("shop/data", { labels: { app: "web" } }),
      claim("shop/logs"),
      claim("shop/idle"),
      claim("billing/data"),
    ],
    [{ ...pod("shop/web", "logs"), metadata: { name: "web", namespace: "shop", labels: { app: "web" } } }],
  );
  const taken = (selection: SelectionInputs, namespaces = ["shop"], isTaken = (_kind: string) => true) => {
    const { claims, pods } = selectedObjects(cluster, namespaces, selection, isTaken);
    return {
      claims: claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      pods: pods.map(({ metadata }) => metadata.name),
    };
  };
  const ALL = ["shop/data", "shop/logs", "shop/idle"];

  test.each<[string, SelectionInputs, string[], string[]]>([
    ["of its namespaces", {}, ALL, ["web"]],
    [
      "by label, and with a pod that has it",
      { labelSelector: { matchLabels: { app: "web" } } },
      ["shop/data", "shop/logs"],
      ["web"],
    ],
    ["by one of several labels", { orLabelSelectors: [{ matchLabels: { app: "x" } }] }, [], []],
  ])("%s", (_what, selection, claims, pods) => {
    expect(taken(selection)).toEqual({ claims, pods });
  });

  test("are in no other namespace", () => {
    expect(taken({}, ["billing"])).toEqual({ claims: ["billing/data"], pods: [] });
  });

  test("are of the kinds that it takes", () => {
    const but = (kind: string) => (each: string) => each !== kind;
    expect(taken({}, ["shop"], but("pods"))).toEqual({ claims: ALL, pods: [] });
    expect(taken({}, ["shop"], but("persistentvolumeclaims"))).toEqual({ claims: [], pods: ["web"] });
  });
});
