import { expect, test, vi } from "vitest";
import { configMaps, restores } from "../../../../provider/kubernetes/resources.ts";
import { beginRestore, modifiersNameOf } from "../../../../provider/kinds/restore/run-restore.ts";
import { takeOver } from "../../../../provider/kinds/restore/part.ts";
import { NOW } from "../backup/state.ts";
import { setStage } from "./stage.ts";
import { BACKUP, partWith } from "./state.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const INCARNATION = "pulumi-velero.io/incarnation";
const mapped = { storageClassMapping: { gp2: "premium" } };
const again = partWith({ ...mapped, incarnation: "ffff" });

/** A Restore with its ConfigMap, which a run has begun that was killed. */
async function begun() {
  const stage = await setStage();
  const part = partWith(mapped);
  const restore = await beginRestore(stage.client, part, {
    backupName: BACKUP,
    namespaces: ["shop"],
    now: NOW,
    report: () => undefined,
  });
  stage.writes.length = 0;
  return { ...stage, part, restore, rules: modifiersNameOf(part) };
}

test("A Restore that a killed run has begun becomes this run's, its rules before it", async () => {
  const { client, restore, rules, at, writes } = await begun();
  await takeOver(client, again, restore);
  const { name } = restore.metadata;
  expect(writes).toEqual([`patch ConfigMap ${rules}`, `patch Restore ${name}`]);
  for (const object of [at(configMaps, rules), at(restores, name)])
    expect(object?.metadata.labels).toMatchObject({ [INCARNATION]: "ffff" });
});

test("It does so without its rules, too, which somebody has removed", async () => {
  const { client, restore, rules, at } = await begun();
  await client.delete({ type: configMaps, name: rules, namespace: "velero" });
  await takeOver(client, again, restore);
  expect(at(restores, restore.metadata.name)?.metadata.labels).toMatchObject({ [INCARNATION]: "ffff" });
});

test("Its own is not written to", async () => {
  const { client, part, restore, writes } = await begun();
  await takeOver(client, part, restore);
  expect(writes).toEqual([]);
});
