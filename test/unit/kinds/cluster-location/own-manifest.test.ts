import { expect, test } from "vitest";
import { ownManifest } from "../../../../provider/kinds/cluster-location/manifest.ts";
import type { ClusterLocationInputs } from "../../../../provider/schemas/cluster-location.ts";
import { checked } from "../declared.ts";

const metadata = { name: "own", namespace: "velero", labels: {}, annotations: {} };
const parts = { plugin: { provider: "aws", bucket: "backups", config: {} } };

async function frequencyOf(declared: object, isAdopted: boolean): Promise<string | undefined> {
  const { inputs } = await checked("ClusterLocation", { ...declared });
  const aim = inputs as unknown as ClusterLocationInputs;
  return ownManifest(aim, metadata, { parts, accessMode: "ReadWrite", isAdopted }).spec.validationFrequency;
}

test.each<[string, object, boolean, string | undefined]>([
  ["as often as Velero does by default", {}, false, "1m"],
  ["as often as is declared", { validationFrequency: "1h" }, false, "1h"],
  ["never, where that is declared", { validationFrequency: "0" }, false, "0"],
  ["as often as it did, where it was adopted", {}, true, undefined],
  ["as often as is declared, where it was adopted", { validationFrequency: "5m" }, true, "5m"],
])("A location asks to be validated %s", async (_what, declared, isAdopted, frequency) => {
  expect(await frequencyOf(declared, isAdopted)).toBe(frequency);
});
