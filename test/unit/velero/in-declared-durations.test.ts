import { expect, test } from "vitest";
import { mergePatch } from "../../../provider/kubernetes/ensure.ts";
import { inDeclaredDurations } from "../../../provider/velero/reads-alike.ts";
import type { BackupStorageLocation } from "../../../provider/velero/types.ts";

const location = (spec: object): BackupStorageLocation => ({
  metadata: { name: "own", labels: {}, annotations: {} },
  spec: { provider: "aws", objectStorage: { bucket: "backups" }, ...spec },
});

test.each<[string, object, object, object | undefined]>([
  [
    "nothing where Velero has written it anew",
    { validationFrequency: "1m0s" },
    { validationFrequency: "1m" },
    undefined,
  ],
  ["nothing of a sync period either", { backupSyncPeriod: "0m30s" }, { backupSyncPeriod: "30s" }, undefined],
  [
    "what a nudge has left",
    { validationFrequency: "60001ms" },
    { validationFrequency: "1m" },
    { validationFrequency: "1m" },
  ],
  [
    "another frequency",
    { validationFrequency: "45s" },
    { validationFrequency: "1m" },
    { validationFrequency: "1m" },
  ],
  ["a frequency where there is none", {}, { validationFrequency: "1m" }, { validationFrequency: "1m" }],
  ["nothing where none is declared", { validationFrequency: "7s" }, {}, undefined],
])("A location's durations: changed is %s", (_what, live, declared, patch) => {
  const desired = location(declared);
  const change = mergePatch(inDeclaredDurations(location(live), desired), desired, []);
  expect(change).toEqual(patch && { spec: patch });
});
