import { beforeEach, describe, expect, test, vi } from "vitest";
import { configMaps, locations, restores } from "../../../../provider/kubernetes/resources.ts";
import { PartialFailure } from "../../../../provider/core/handler.ts";
import { restore } from "../../../../provider/kinds/restore/index.ts";
import type { RestoreInputs, RestoreOutputs } from "../../../../provider/schemas/restore.ts";
import { storage } from "../declared.ts";
import { hide, opened, setStage, stageSession } from "./stage.ts";
import { BACKUP, inputs } from "./state.ts";

const session = stageSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const declared: RestoreInputs = { ...inputs, storage };
const create = async (changes: Partial<RestoreInputs> = {}) =>
  (await restore(session).create({ ...declared, ...changes })).outputs;
const update = (outputs: RestoreOutputs, changes: Partial<RestoreInputs> = {}) =>
  restore(session).update("back", outputs, { ...declared, ...changes });

/** What a failure leaves in state; fails where it leaves nothing. */
async function left(work: Promise<unknown>): Promise<RestoreOutputs & { reasons: string[] }> {
  const failure = await work.catch((error: unknown) => error);
  if (!(failure instanceof PartialFailure)) throw failure;
  return { ...(failure.outputs as unknown as RestoreOutputs), reasons: failure.reasons };
}

describe("A restore", () => {
  test("is begun, waited for, counted and settled; a refresh asks nobody, and finds it so whatever has become of its object", async () => {
    const { namesOf } = await setStage();
    const outputs = await create();
    const known = {
      phase: "Completed",
      backupName: BACKUP,
      restoreName: namesOf(restores)[0],
      created: 3,
      failed: 0,
      errors: 0,
    };
    expect(outputs).toMatchObject({ ...known, startTime: "2026-11-23T12:00:00Z", unfinished: undefined });
    expect(outputs.byCluster).toEqual({
      east: expect.objectContaining({
        ...known,
        clusterUid: "uid-of-west",
        settled: true,
        health: "Healthy",
      }),
    });
    expect(namesOf(configMaps)).toEqual(["prices", "rates"]);
    Object.assign(opened, { store: undefined, cluster: undefined });
    expect(await update(outputs, { timeouts: { create: "2h" } })).toMatchObject({
      byCluster: outputs.byCluster,
    });
    const read = await restore(session).read("back", { ...outputs, health: "Unhealthy" });
    expect(read).toMatchObject({ outputs: { ...outputs, health: "Healthy" }, inputs: declared });
    const unfinished = await restore(session).read("back", { ...outputs, unfinished: "disk full" });
    expect(unfinished).toMatchObject({ outputs: { health: "Unhealthy" }, inputs: { health: "Unhealthy" } });
  });

  test("that is to be compared with the backup is not begun where not all of it may be seen", async () => {
    const stage = await setStage();
    hide(stage, configMaps);
    await expect(create({ verify: true })).rejects.toThrow(
      /^verify: what would be restored into cluster "west" .*may not list configmaps there\. Nothing was restored\./,
    );
    expect(stage.writes).toEqual([]);
    expect(await create()).toMatchObject({ phase: "Completed" });
  });

  test("that was killed once Velero had it is gone on with, also where it is to be compared by then", async () => {
    const { namesOf, client } = await setStage();
    const { patch } = client;
    client.patch = () => Promise.reject(new Error("killed"));
    await expect(create()).rejects.toThrow("killed");
    client.patch = patch;
    const asked = { verify: true, itemOperationTimeout: "8h", uploaderConfig: { writeSparseFiles: true } };
    expect(await create(asked)).toMatchObject({ verified: 3, restoreName: namesOf(restores)[0] });
    expect(namesOf(restores)).toHaveLength(1);
  });

  test("takes the backup that it has begun with, though there is a newer one by then, also under another URN", async () => {
    const { store, namesOf } = await setStage({ phase: "PartiallyFailed" });
    const failed = await left(create());
    const newer = BACKUP.replace("20261123", "20261124");
    for (const file of ["velero-backup.json", `${BACKUP}.tar.gz`]) {
      const content = store.objects.get(`east/backups/${BACKUP}/${file}`)!;
      store.objects.set(`east/backups/${newer}/${file.replace(BACKUP, newer)}`, content);
    }
    expect(failed).toMatchObject({ phase: "PartiallyFailed", backupName: BACKUP });
    expect((await left(update(failed))).backupName).toBe(BACKUP);
    const renamed = { owner: `${inputs.owner}-renamed`, allowPartialFailure: true };
    const outputs = await update(failed, renamed);
    expect(outputs).toMatchObject({
      formerOwners: [{ owner: inputs.owner, lineage: inputs.lineage }],
      phase: "PartiallyFailed",
      backupName: BACKUP,
      unfinished: undefined,
    });
    expect(namesOf(restores)).toHaveLength(1);
    // It is found under the old one later.
    await restore(session).delete("back", outputs);
    expect(namesOf(restores)).toEqual([]);
  });

  test("whose object has vanished before it was settled is never begun again", async () => {
    const { namesOf, remove } = await setStage({ phase: "Failed" });
    const failed = await left(create());
    remove(restores, failed.restoreName ?? "");
    expect((await left(update(failed))).unfinished).toMatch(
      /is gone, and did not end well as far as is known: .*ended Failed.*Change `triggers`/,
    );
    expect(namesOf(restores)).toEqual([]);
  });

  test("of which nothing was begun is not known to Pulumi", async () => {
    await setStage();
    const failure: unknown = await create({ source: { backupName: "typo" } }).catch(
      (error: unknown) => error,
    );
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(String(failure)).toMatch(/^Error: backup: .*there is no Backup typo of cluster "east"/);
    expect(opened.cluster?.all(restores)).toEqual([]);
  });

  test("into several clusters does what it can, and names the cluster that failed", async () => {
    const target = inputs.targets["east"]!;
    await setStage();
    const failed = await left(
      create({
        source: { backupName: BACKUP },
        targets: { east: target, north: { ...target, cluster: "south", sees: "south-north" } },
        objectNames: { east: "back-west-0a1b2c3d", north: "back-south-4e5f6a7b" },
      }),
    );
    expect(failed.reasons).toEqual([
      expect.stringMatching(/BackupStorageLocation velero\/south-north .* does not exist/),
    ]);
    expect(failed).toMatchObject({ phase: "PartiallyFailed", message: expect.stringMatching(/^north: /) });
    expect(failed.byCluster).toMatchObject({
      east: { settled: true, phase: "Completed", health: "Healthy" },
      north: { health: "Unhealthy", unfinished: expect.stringContaining("does not exist") },
    });
  });
});

describe("A restore that is done, and is to be compared with the backup", () => {
  /** One restore that is done, and how its comparison by a later up ends. */
  async function done() {
    const stage = await setStage();
    const outputs = await create();
    const { length } = stage.writes;
    return {
      ...stage,
      verify: (state = outputs) => update(state, { verify: true }),
      written: () => stage.writes.slice(length),
    };
  }

  test("is compared where it is, with nothing written; and anew where that was not asked for in between", async () => {
    const { verify, written, remove } = await done();
    const once = await verify();
    expect(once).toMatchObject({ verified: 3, health: "Healthy", backupName: BACKUP });
    const dropped = await update(once, {});
    expect(dropped.verified).toBeUndefined();
    remove(configMaps, "rates");
    const failed = await left(verify(dropped));
    expect(failed.reasons).toEqual([expect.stringContaining("rates is not there")]);
    expect(failed).toMatchObject({ health: "Unhealthy", phase: "Completed", verified: undefined });
    expect(await update(failed, {})).toMatchObject({ health: "Healthy", unfinished: undefined });
    // What was compared stays so while nothing changes.
    expect(await verify(once)).toMatchObject({ verified: 3 });
    expect(written()).toEqual([]);
  });

  test("fails where the backup is gone, or nobody can see it", async () => {
    const { verify, store, remove } = await done();
    store.objects.delete(`east/backups/${BACKUP}/${BACKUP}.tar.gz`);
    expect((await left(verify())).reasons).toEqual([expect.stringContaining("is not there")]);
    remove(locations, "primary-west-east");
    expect((await left(verify())).reasons).toEqual([
      expect.stringMatching(
        /^verify: what Restore velero\/\S+ in cluster "west" has restored cannot be compared/,
      ),
    ]);
  });
});
