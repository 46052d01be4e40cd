import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  backups,
  configMaps,
  locations,
  namespaces,
  restores,
  storageClasses,
} from "../../../provider/kubernetes/resources.ts";
import { ownerAnnotation } from "../../../provider/lifecycle/identity.ts";
import { PartialFailure } from "../../../provider/lifecycle/partial-failure.ts";
import { restore } from "../../../provider/resources/restore/index.ts";
import type { RestoreInputs } from "../../../provider/resources/restore/inputs.ts";
import type { RestoreOutputs } from "../../../provider/resources/restore/outputs.ts";
import { storage } from "../resources/declared.ts";
import { captured } from "./captured.ts";
import { contents, hide, opened, setStage } from "./stage.ts";
import { BACKUP, inputs, SOURCE } from "./state.ts";
import { tarballOf } from "./tarball.ts";

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

describe("A restore that is done, and is to be compared with the backup", () => {
  /** One restore that is done, and how its comparison by a later up ends. */
  async function done() {
    const stage = await setStage();
    const outputs = await create();
    const { length } = stage.writes;
    return {
      ...stage,
      outputs,
      verify: (state = outputs) => update(state, { verify: true }),
      written: () => stage.writes.slice(length),
    };
  }

  test("is compared where it is, and nothing is restored or written", async () => {
    const { outputs, verify, written, namesOf } = await done();
    expect(outputs.verified).toBeUndefined();
    expect(await verify()).toMatchObject({
      verified: 3,
      health: "Healthy",
      restoreName: outputs.restoreName,
    });
    expect(written()).toEqual([]);
    expect(namesOf(restores)).toEqual([outputs.restoreName]);
  });

  test("is compared with the backup that was pinned, where its object is gone", async () => {
    const { outputs, verify, written, remove, namesOf } = await done();
    remove(restores, outputs.restoreName ?? "");
    expect(await verify()).toMatchObject({ verified: 3, backupName: BACKUP });
    expect(written()).toEqual([]);
    expect(namesOf(restores)).toEqual([]);
  });

  test("fails with the differences until they are mended, or nobody asks any more", async () => {
    const { verify, written, at, put } = await done();
    const prices = at(configMaps, "prices")!;
    put(configMaps, { ...prices, data: { eggs: "4" } } as typeof prices);
    const failed = await left(verify());
    expect(failed.reasons).toEqual([
      expect.stringMatching(/^verify: .*1 of 3 objects in Restore velero\/\S+ .*prices differs in data/),
    ]);
    expect(failed).toMatchObject({ health: "Unhealthy", phase: "Completed", verified: undefined });
    expect((await left(verify(failed))).reasons).toEqual(failed.reasons);
    expect(await update(failed, {})).toMatchObject({ health: "Healthy", unfinished: undefined });
    put(configMaps, prices);
    expect(await verify(failed)).toMatchObject({ verified: 3, health: "Healthy", unfinished: undefined });
    expect(written()).toEqual([]);
  });

  test("is compared anew where it was before, and was not asked for in between", async () => {
    const { verify, remove } = await done();
    const once = await verify();
    const dropped = await update(once, {});
    expect(dropped.verified).toBeUndefined();
    remove(configMaps, "rates");
    expect((await left(verify(dropped))).reasons).toEqual([expect.stringContaining("rates is not there")]);
    // What was compared stays so while nothing changes.
    expect(await verify(once)).toMatchObject({ verified: 3 });
  });

  test("fails where the backup is gone, or nobody can see it", async () => {
    const { outputs, verify, store, remove } = await done();
    store.objects.delete(`east/backups/${BACKUP}/${BACKUP}.tar.gz`);
    expect((await left(verify())).reasons).toEqual([expect.stringContaining("is not there")]);
    remove(locations, "primary-west-east");
    expect((await left(verify())).reasons).toEqual([
      expect.stringMatching(
        /^verify: what Restore velero\/\S+ in cluster "west" has restored cannot be compared/,
      ),
    ]);
    expect(outputs).not.toHaveProperty("unfinished", expect.anything());
  });

  test("is begun once where the run that began it was killed before it was asked for", async () => {
    const { namesOf, client } = await setStage();
    const { patch } = client;
    client.patch = () => Promise.reject(new Error("killed"));
    await expect(create()).rejects.toThrow("killed");
    client.patch = patch;
    const asked = { verify: true, itemOperationTimeout: "8h", uploaderConfig: { writeSparseFiles: true } };
    expect(await create(asked)).toMatchObject({ verified: 3, restoreName: namesOf(restores)[0] });
    expect(namesOf(restores)).toHaveLength(1);
  });
});

test("a drill that is not to be kept any more is cleared away, and no other is made", async () => {
  const mapped = { namespaceMapping: { "*": "*-drill" } };
  const { namesOf } = await setStage();
  const kept = await create({ ...mapped, drill: { keep: true } });
  expect(kept.byCluster["east"]?.drilled).toEqual(["shop-drill"]);
  const [name] = namesOf(restores);
  const cleared = await update(kept, { ...mapped, drill: true });
  expect(cleared).toMatchObject({ verified: 3, health: "Healthy", restoreName: name });
  expect(cleared.byCluster["east"]?.drilled).toEqual([]);
  expect(namesOf(namespaces)).toEqual([]);
  expect(namesOf(restores)).toEqual([name]);
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

  test("where one entry of its mapping fits nothing, though others do", async () => {
    await setStage();
    await nothing(
      { namespaceMapping: { shop: "shop-copy", shpo: "shop-copy" } },
      /: namespaceMapping: cluster "west": "shpo" fits no namespace of what is restored \(shop\)/,
    );
  });

  test("where its mapping leads to a name that Kubernetes does not take", async () => {
    const long = "a".repeat(60);
    await setStage({ items: [captured("configmaps", `${long}/prices`, { apiVersion: "v1" })] });
    await nothing(
      { namespaceMapping: { "*": "*-copy" } },
      `namespaceMapping: cluster "west": gives namespaces of Backup ${BACKUP} names that Kubernetes does not take: "${long}"`,
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

test("an empty namespace of the backup is mapped like any other", async () => {
  await setStage({ items: [...contents, captured("namespaces", "empty")] });
  await create({ namespaceMapping: { "*": "*-copy" } });
  const [made] = opened.cluster?.all(restores) ?? [];
  expect(made?.spec).toMatchObject({ namespaceMapping: { shop: "shop-copy", empty: "empty-copy" } });
});

describe("Without a way to the store", () => {
  /** A stage whose Backup says that of its namespaces, and a restore of it by a program that cannot look. */
  async function blind(includedNamespaces: string[] | undefined) {
    const stage = await setStage();
    stage.put(backups, {
      metadata: { name: BACKUP, namespace: "velero" },
      spec: { storageLocation: "primary-west-east", ...(includedNamespaces && { includedNamespaces }) },
      status: { phase: "Completed" },
    } as object as Parameters<typeof stage.put>[1]);
    stage.store.objects.clear();
    return {
      ...stage,
      restore: (changes: Partial<RestoreInputs>) =>
        create({ storage: undefined, source: { backupName: BACKUP }, ...changes }),
      spec: () => stage.all(restores)[0]?.spec,
    };
  }

  test("it restores all the same, and tells what it could not look at", async () => {
    const { restore, spec } = await blind(["shop"]);
    expect(await restore({})).toMatchObject({ phase: "Completed", created: undefined });
    expect(spec()).toEqual({ backupName: BACKUP });
    expect(said.join("\n")).toContain('whether cluster "west" has what the backup takes for granted');
  });

  test.each([[undefined], [["*"]], [["shop", "team-*"]]])(
    "whole names are passed on as they are, of a backup of %j",
    async (included) => {
      const { restore, spec } = await blind(included);
      await restore({ namespaceMapping: { shop: "shop-copy", "team-a": "team-b" } });
      expect(spec()).toEqual({
        backupName: BACKUP,
        namespaceMapping: { shop: "shop-copy", "team-a": "team-b" },
      });
    },
  );

  test("a pattern stands for the namespaces that the backup names, or the restore", async () => {
    const ofBackup = await blind(["shop", "billing"]);
    await ofBackup.restore({ namespaceMapping: { "*": "*-copy", billing: "bills" } });
    expect(ofBackup.spec()).toMatchObject({ namespaceMapping: { shop: "shop-copy", billing: "bills" } });
    const ofRestore = await blind(["*"]);
    await ofRestore.restore({ namespaceMapping: { "*": "*-copy" }, includedNamespaces: ["shop"] });
    expect(ofRestore.spec()).toMatchObject({ namespaceMapping: { shop: "shop-copy" } });
  });

  test.each([[undefined], [["*"]], [["shop", "team-*"]]])(
    "a pattern is refused where nobody can name the namespaces, of a backup of %j",
    async (included) => {
      const { restore, writes } = await blind(included);
      await expect(restore({ namespaceMapping: { "*": "*-copy", shop: "x" } })).rejects.toThrow(
        /^namespaceMapping: cluster "west": nobody can say which namespaces are meant by "\*": .*`access`/,
      );
      expect(writes).toEqual([]);
    },
  );

  test("an entry is refused that fits nothing of what the backup says", async () => {
    const { restore, writes } = await blind(["shop", "team-*"]);
    await expect(restore({ namespaceMapping: { shop: "x", shpo: "x" } })).rejects.toThrow(
      '"shpo" fits no namespace of what is restored (shop, team-*)',
    );
    expect(writes).toEqual([]);
  });

  test("the newest of another cluster is known once Velero has looked again, though an older one was seen before", async () => {
    const { restore, put, at } = await blind(["shop"]);
    const older = at(backups, BACKUP)!;
    const annotations = { [ownerAnnotation]: SOURCE };
    put(backups, { ...older, metadata: { ...older.metadata, annotations } });
    const location = at(locations, "primary-west-east")!;
    const restoring = restore({ source: { owner: SOURCE, scheduled: true } });
    setTimeout(() => {
      const newer = { phase: "Completed", startTimestamp: "2026-11-24T02:00:00Z" };
      put(backups, {
        ...older,
        metadata: { name: "newer", namespace: "velero", annotations },
        status: newer,
      } as object as Parameters<typeof put>[1]);
      put(locations, {
        ...location,
        status: { phase: "Available", lastSyncedTime: "2026-11-24T03:00:00Z" },
      } as object as Parameters<typeof put>[1]);
    }, 50);
    expect(await restoring).toMatchObject({ backupName: "newer", phase: "Completed" });
  });

  test("a namespace that is being deleted is told by the name that it is mapped to", async () => {
    const { restore, put, writes } = await blind(undefined);
    put(namespaces, { metadata: { name: "shop-copy", deletionTimestamp: "2026-11-23T12:00:00Z" } });
    const { length } = writes;
    await expect(restore({ namespaceMapping: { shop: "shop-copy" } })).rejects.toThrow(
      'namespace "shop-copy" is being deleted there',
    );
    expect(writes).toHaveLength(length);
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

describe("A mapping of a restore into several clusters", () => {
  const target = inputs.targets["east"]!;
  /** Two clusters, in each of which Velero sees that backup of shop; `cluster` answers for both. */
  async function both() {
    const stage = await setStage();
    const { put } = stage;
    put(locations, {
      ...opened.cluster!.at(locations, "primary-west-east")!,
      metadata: { name: "south-north", namespace: "velero" },
    });
    const changes = (namespaceMapping: Record<string, string>): Partial<RestoreInputs> => ({
      source: { backupName: BACKUP },
      targets: {
        east: target,
        north: { ...target, cluster: "south", sees: "primary-west-east" },
      },
      objectNames: { east: "back-west-0a1b2c3d", north: "back-south-4e5f6a7b" },
      namespaceMapping,
    });
    return { ...stage, changes };
  }

  test("may have an entry that fits in one of them alone, and is refused once where it fits in none", async () => {
    const { changes, namesOf, writes } = await both();
    const failure: unknown = await restore
      .create({ ...declared, ...changes({ shop: "copy", shpo: "copy" }) })
      .catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(PartialFailure);
    expect(String(failure).match(/fits no namespace/g)).toHaveLength(1);
    expect(String(failure)).toContain('into any cluster ("west": shop; "south": shop)');
    expect(writes).toEqual([]);
    await create(changes({ shop: "copy" }));
    expect(namesOf(restores)).toHaveLength(2);
  });

  test("is not acted upon anywhere where an entry may be meant for a cluster that cannot be looked at", async () => {
    const { changes, namesOf } = await both();
    const aim = changes({ shop: "copy", pay: "copy" });
    const north = { ...aim.targets!["north"]!, sees: "not-there" };
    await expect(create({ ...aim, targets: { ...aim.targets, north } })).rejects.toThrow(
      /"pay" fits no namespace of .*"west": shop\), as far as can be seen without "south"/,
    );
    expect(namesOf(restores)).toEqual([]);
  });

  test("was judged before the first of them began, and is not judged again for the others", async () => {
    const { changes, put, store, namesOf } = await both();
    const aim = changes({ shop: "copy" });
    const away = { ...aim, targets: { ...aim.targets, north: { ...aim.targets!["north"]!, sees: "later" } } };
    const failed = await left(create(away));
    expect(failed.byCluster["east"]).toMatchObject({ settled: true });
    // Nothing of it is in the other backup.
    const other = [captured("configmaps", "pay/rates", { apiVersion: "v1" })];
    store.objects.set(`east/backups/${BACKUP}/${BACKUP}.tar.gz`, await tarballOf(other));
    put(locations, {
      ...opened.cluster!.at(locations, "primary-west-east")!,
      metadata: { name: "later", namespace: "velero" },
    });
    put(backups, {
      metadata: { name: BACKUP, namespace: "velero" },
      spec: { storageLocation: "later" },
      status: { phase: "Completed" },
    } as object as Parameters<typeof put>[1]);
    expect(await update(failed, away)).toMatchObject({ phase: "Completed", unfinished: undefined });
    expect(namesOf(restores)).toHaveLength(2);
  });
});

describe("A refresh", () => {
  test("asks nobody, and finds a restore that is done as it was, whatever has become of its object", async () => {
    await setStage();
    const outputs = await create();
    Object.assign(opened, { store: undefined, cluster: undefined });
    const read = await restore.read("back", { ...outputs, health: "Unknown" });
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
    };
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
    formerOwners: [inputs.owner],
    phase: "PartiallyFailed",
    unfinished: undefined,
  });
  expect(namesOf(restores)).toHaveLength(1);
  await restore.delete("back", outputs);
  expect(namesOf(restores)).toEqual([]);
});
