import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { dataClaims, foreseeLostData } from "../../../provider/restore-model/data-claims.ts";
import type { RestoreOptions } from "../../../provider/velero/restore-option-entries.ts";
import { selectItems } from "../../../provider/restore-model/choose-items.ts";
import { savedClaims } from "../../../provider/volumes/saved-claims.ts";
import { volumesIn } from "../../../provider/velero/backup-files.ts";
import { captured, kinds, targetWith } from "../kinds/restore/captured.ts";

const claimed = (place: string) =>
  captured("persistentvolumeclaims", place, { spec: { volumeName: "pv" }, status: { phase: "Bound" } });
const web = captured("pods", "shop/web", {
  spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] },
  status: { phase: "Running" },
});
const contents = [claimed("shop/data"), claimed("shop/snapped"), claimed("shop/unsaved"), web];
const copy = {
  pvcName: "data",
  pvcNamespace: "shop",
  backupMethod: "PodVolumeBackup",
  result: "succeeded",
  pvbInfo: { podName: "web", podNamespace: "shop", volumeName: "data", snapshotHandle: "a1" },
};
const snapshot = {
  pvcName: "snapped",
  pvcNamespace: "shop",
  backupMethod: "CSISnapshot",
  result: "succeeded",
};

function foreseen(
  options: RestoreOptions,
  there: Parameters<typeof targetWith>[0] = {},
  line: object = copy,
) {
  const lines = volumesIn(gzipSync(JSON.stringify([line, snapshot])));
  const claims = dataClaims(selectItems(contents, options, kinds), savedClaims(contents, { lines }));
  return foreseeLostData(claims, targetWith(there), options, "west")?.message;
}

const object = { metadata: { name: "x" } };

test.each<[string, RestoreOptions]>([
  ["that restores all", {}],
  ["into another namespace", { namespaceMapping: { shop: "copy" } }],
  ["of claims without data, as it says", { excludedResources: ["pods"], restorePVs: false }],
  ["of what is no file copy", { includedResources: ["configmaps"] }],
])("A restore %s loses none", (_what, options) => {
  expect(foreseen(options)).toBeUndefined();
});

test.each<[string, RestoreOptions]>([
  ["leaves pods out", { excludedResources: ["pods"] }],
  ["takes claims only", { includedResources: ["pvc"] }],
])("One that %s would bring file copies back to nobody", (_what, options) => {
  expect(foreseen(options)).toMatch(
    /^the data of 1 of 2 claims would not come back in cluster "west", and nothing was restored: shop\/data \(its data is a file copy of pod web, which is not restored\)\. A file copy comes back with the pod/,
  );
});

test("What is in the target stays as it is: a claim with its data, and a pod without bringing any", () => {
  const without = { excludedResources: ["pods"] };
  expect(foreseen(without, { "persistentvolumeclaims shop/data": object })).toBeUndefined();
  expect(foreseen({}, { "pods shop/web": object })).toContain(
    "web, which is there already and stays as it is)",
  );
});

test("An empty volume has nothing to bring back", () => {
  const empty = { ...copy, pvbInfo: { ...copy.pvbInfo, snapshotHandle: undefined } };
  expect(foreseen({ excludedResources: ["pods"] }, {}, empty)).toBeUndefined();
});
