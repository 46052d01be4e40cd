import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  backups,
  configMaps,
  locations,
  namespaces,
  restores,
  storageClasses,
} from "../../../provider/kubernetes/resources.ts";
import { PartialFailure } from "../../../provider/lifecycle/partial-failure.ts";
import { restore } from "../../../provider/resources/restore/index.ts";
import type { RestoreInputs } from "../../../provider/resources/restore/inputs.ts";
import type { RestoreOutputs } from "../../../provider/resources/restore/outputs.ts";
import { storage } from "../resources/declared.ts";
import { captured } from "./captured.ts";
import { contents, hide, opened, setStage } from "./stage.ts";
import { BACKUP, inputs } from "./state.ts";

vi.mock("../../../provider/lifecycle/open-way.ts", () => ({
  openWay: (way: object | undefined) => way && opened.store,
}));
vi.mock("../../../provider/lifecycle/clusters.ts", async (original) => ({
  ...(await original<object>()),
  openCluster: (await import("./stage.ts")).openCluster,
}));

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const declared: RestoreInputs = { ...inputs, storage };
const create = async (changes: Partial<RestoreInputs> = {}) =>
  (await restore.create({ ...declared, ...changes })).outputs;
const update = (outputs: RestoreOutputs, changes: Partial<RestoreInputs> = {}) =>
  restore.update("back", outputs, { ...declared, ...changes });

/** What a failure leaves in state; fails where it leaves nothing. */
async function left(work: Promise<unknown>): Promise<RestoreOutputs & { reasons: string[] }> {
  const failure = await work.catch((error: unknown) => error);
  if (!(failure instanceof PartialFailure)) throw failure;
  return { ...(failure.outputs as unknown as RestoreOutputs), reasons: failure.reasons };
}

describe("A restore", () => {
  test("is begun, waited for, counted and settled", async () => {
    const { namesOf } = await setStage();
    const outputs = await create();
    const [name] = namesOf(restores);
    const part = {
      phase: "Completed",
      backupName: BACKUP,
      restoreName: name,
      created: 3,
      failed: 0,
      errors: 0,
    };
    expect(outputs).toMatchObject({ ...part, startTime: "2026-11-23T12:00:00Z", unfinished: undefined });
    expect(outputs.byCluster).toEqual({
      east: expect.objectContaining({ ...part, clusterUid: "uid-of-west", settled: true, health: "Healthy" }),
    });
    expect(namesOf(configMaps)).toEqual(["prices", "rates"]);
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

  test("that is done is never touched again, and its cluster not asked", async () => {
    const { writes } = await setStage();
    const outputs = await create();
    const before = writes.length;
    opened.cluster = undefined;
    expect(await update(outputs, { timeouts: { create: "2h" } })).toMatchObject({
      byCluster: outputs.byCluster,
    });
    expect(writes).toHaveLength(before);
  });

  test("is gone on with, and no second one begun, where the run was killed once Velero had it", async () => {
    const { namesOf, client, writes } = await setStage();
    const { patch } = client;
    client.patch = () => Promise.reject(new Error("killed"));
    await expect(create()).rejects.toThrow("killed");
    client.patch = patch;
    // Nothing of it came into state: the next up creates it again.
    expect(await create()).toMatchObject({
      phase: "Completed",
      created: 3,
      restoreName: namesOf(restores)[0],
    });
    expect(writes.filter((write) => write.startsWith("create Restore"))).toHaveLength(1);
  });

  test("takes the backup that it has begun with, though there is a newer one by then", async () => {
    const { store, namesOf } = await setStage({ phase: "PartiallyFailed" });
    const failed = await left(create());
    const newer = BACKUP.replace("20261123", "20261124");
    for (const file of ["velero-backup.json", `${BACKUP}.tar.gz`]) {
      const content = store.objects.get(`east/backups/${BACKUP}/${file}`)!;
      store.objects.set(`east/backups/${newer}/${file.replace(BACKUP, newer)}`, content);
    }
    expect(failed).toMatchObject({ phase: "PartiallyFailed", backupName: BACKUP });
    expect((await left(update(failed))).backupName).toBe(BACKUP);
    expect(await update(failed, { allowPartialFailure: true })).toMatchObject({
      phase: "PartiallyFailed",
      backupName: BACKUP,
      unfinished: undefined,
    });
    expect(namesOf(restores)).toHaveLength(1);
  });

  test("whose object has vanished before it was settled is never begun again", async () => {
    const { namesOf, remove } = await setStage({ phase: "Failed" });
    const failed = await left(create());
    remove(restores, failed.restoreName ?? "");
    const again = await left(update(failed));
    expect(again.unfinished).toMatch(
      /is gone, and did not end well as far as is known: .*ended Failed.*Change `triggers`/,
    );
    expect(namesOf(restores)).toEqual([]);
  });
});

describe("Nothing is begun, and nothing known to Pulumi", () => {
  const nothing = async (changes: Partial<RestoreInputs>, words: string | RegExp) => {
    const failure: unknown = await restore
      .create({ ...declared, ...changes })
      .catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(String(failure)).toMatch(words);
    expect(opened.cluster?.all(restores)).toEqual([]);
  };

  test("where there is no such backup", async () => {
    await setStage();
    await nothing(
      { source: { backupName: "typo" } },
      /^Error: backup: .*there is no Backup typo of cluster "east"/,
    );
  });

  test("where the target lacks what it takes, all of it told at once", async () => {
    const claim = captured("persistentvolumeclaims", "shop/data", { spec: { storageClassName: "gp2" } });
    const { put } = await setStage({ items: [...contents, claim] });
    put(storageClasses, { metadata: { name: "standard" } });
    put(namespaces, { metadata: { name: "shop", deletionTimestamp: "2026-11-23T12:00:00Z" } });
    await nothing(
      {},
      /does not know persistentvolumeclaims.*no storage class "gp2".*namespace "shop" is being deleted/,
    );
  });

  test("where the tarball is damaged", async () => {
    const { store } = await setStage();
    store.objects.set(`east/backups/${BACKUP}/${BACKUP}.tar.gz`, Buffer.from("damaged"));
    await nothing({}, `the tarball of Backup ${BACKUP} cannot be read`);
  });

  test("where another backup has its name", async () => {
    const { put } = await setStage();
    put(backups, {
      metadata: { name: BACKUP, namespace: "velero" },
      spec: { storageLocation: "primary-west" },
    });
    await nothing({}, `Backup velero/${BACKUP} in cluster "west" is another one, of location "primary-west"`);
  });

  test("where its mapping fits nothing, so that all of it would come back over what lives", async () => {
    await setStage();
    await nothing(
      { namespaceMapping: { shpo: "shop-copy" } },
      /: namespaceMapping: cluster "west": "shpo" fits no namespace of what is restored \(shop\)/,
    );
  });

  test("where a drill would go into a namespace that lives", async () => {
    const { put, namesOf } = await setStage();
    put(namespaces, { metadata: { name: "shop-drill" } });
    await nothing(
      { drill: true, namespaceMapping: { "*": "*-drill" } },
      /leads into shop-drill of cluster "west", which is there already/,
    );
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
  });
});

describe("A restore into several clusters", () => {
  const target = inputs.targets["east"]!;
  const both: Partial<RestoreInputs> = {
    source: { backupName: BACKUP },
    targets: { east: target, north: { ...target, cluster: "south", sees: "south-north" } },
    objectNames: { east: "back-west-0a1b2c3d", north: "back-south-4e5f6a7b" },
  };

  test("does what it can, names the cluster that failed, and the next up touches that one alone", async () => {
    const { put, writes, namesOf } = await setStage();
    const failed = await left(create(both));
    expect(failed.reasons).toEqual([
      expect.stringMatching(/BackupStorageLocation velero\/south-north .* does not exist/),
    ]);
    expect(failed).toMatchObject({ phase: "PartiallyFailed", message: expect.stringMatching(/^north: /) });
    expect(failed.byCluster).toMatchObject({
      east: { settled: true, phase: "Completed", health: "Healthy" },
      north: { health: "Unhealthy", unfinished: expect.stringContaining("does not exist") },
    });
    const before = writes.length;
    put(locations, {
      ...opened.cluster!.at(locations, "primary-west-east")!,
      metadata: { name: "south-north" },
    });
    put(backups, { metadata: { name: BACKUP }, spec: { storageLocation: "south-north" } });
    expect(await update(failed, both)).toMatchObject({
      phase: "Completed",
      created: 3,
      unfinished: undefined,
    });
    expect(writes.slice(before).some((write) => write.includes("back-west-"))).toBe(false);
    expect(namesOf(restores)).toHaveLength(2);
  });
});

describe("A refresh", () => {
  test("asks nobody, and finds a restore that is done as it was, whatever has become of its object", async () => {
    await setStage();
    const outputs = await create();
    Object.assign(opened, { store: undefined, cluster: undefined });
    const read = await restore.read("back", { ...outputs, health: "Unhealthy" });
    expect(read.outputs).toEqual({ ...outputs, health: "Healthy" });
    expect(read.inputs).toEqual({ ...declared, health: "Healthy" });
  });

  test("still calls unhealthy what was not finished", async () => {
    const unfinished = {
      ...declared,
      incarnation: "0a1b",
      byCluster: {},
      phase: "Failed",
      unfinished: "disk full",
    } as const;
    expect(await restore.read("back", unfinished)).toMatchObject({
      outputs: { health: "Unhealthy" },
      inputs: { health: "Unhealthy" },
    });
  });
});

test("a restore under another URN is the same one, and found under the old one later", async () => {
  const { namesOf } = await setStage({ phase: "PartiallyFailed" });
  const failed = await left(create());
  const renamed = { owner: `${inputs.owner}-renamed`, allowPartialFailure: true };
  const outputs = await update(failed, renamed);
  expect(outputs).toMatchObject({
    formerOwners: [{ owner: inputs.owner, lineage: inputs.lineage }],
    phase: "PartiallyFailed",
    unfinished: undefined,
  });
  expect(namesOf(restores)).toHaveLength(1);
  await restore.delete("back", outputs);
  expect(namesOf(restores)).toEqual([]);
});
