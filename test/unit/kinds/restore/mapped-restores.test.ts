import { beforeEach, describe, expect, test, vi } from "vitest";
import { backups, locations, namespaces, restores } from "../../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import type { PartialFailure } from "../../../../provider/core/handler.ts";
import { restore } from "../../../../provider/kinds/restore/index.ts";
import type { RestoreInputs, RestoreOutputs } from "../../../../provider/schemas/restore.ts";
import { storage } from "../declared.ts";
import { captured } from "./captured.ts";
import { contents, opened, setStage, stageSession } from "./stage.ts";
import { BACKUP, inputs, SOURCE } from "./state.ts";
import { tarballOf } from "./tarball.ts";

const session = stageSession();

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const declared: RestoreInputs = { ...inputs, storage };
const create = async (changes: Partial<RestoreInputs> = {}) =>
  (await restore(session).create({ ...declared, ...changes })).outputs;

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
    const stamp = stampOf({ owner: SOURCE, lineage: declared.lineage, incarnation: "0a1b" });
    put(backups, { ...older, metadata: { ...older.metadata, ...stamp } });
    const location = at(locations, "primary-west-east")!;
    const restoring = restore({ source: { owner: SOURCE, scheduled: true } });
    setTimeout(() => {
      const newer = { phase: "Completed", startTimestamp: "2026-11-24T02:00:00Z" };
      put(backups, {
        ...older,
        metadata: { name: "newer", namespace: "velero", ...stamp },
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

  test("was judged before the first of them began, and is not judged again for the others", async () => {
    const { changes, put, store, namesOf } = await both();
    const aim = changes({ shop: "copy" });
    const away = { ...aim, targets: { ...aim.targets, north: { ...aim.targets!["north"]!, sees: "later" } } };
    const failure: unknown = await create(away).catch((error: unknown) => error);
    const failed = (failure as PartialFailure).outputs as unknown as RestoreOutputs;
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
    expect(await restore(session).update("back", failed, { ...declared, ...away })).toMatchObject({
      phase: "Completed",
      unfinished: undefined,
    });
    expect(namesOf(restores)).toHaveLength(2);
  });
});
