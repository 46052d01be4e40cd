import { describe, expect, test, vi } from "vitest";
import { configMaps, namespaces, restores } from "../../../provider/kubernetes/resources.ts";
import { conclude } from "../../../provider/resources/restore/conclude.ts";
import type { RestoreOutputs, RestorePart } from "../../../provider/resources/restore/outputs.ts";
import { beginRestore } from "../../../provider/resources/restore/run-restore.ts";
import type { Restore } from "../../../provider/velero/types.ts";
import { NOW } from "../backup/state.ts";
import { storage } from "../resources/declared.ts";
import { contents, hide, opened, setStage } from "./stage.ts";
import { BACKUP, partWith } from "./state.ts";

vi.mock("../../../provider/lifecycle/open-way.ts", () => ({
  openWay: (way: object | undefined) => way && opened.store,
}));

const SETTLED = "pulumi-velero.io/settled";
const VERIFIED = "pulumi-velero.io/verified";
const DRILL = "pulumi-velero.io/drill";
const drill: Partial<RestoreOutputs> = { drill: true, namespaceMapping: { "*": "*-drill" } };

/** A restore that an up has begun, and Velero has ended. */
async function ended(changes: Partial<RestoreOutputs> = {}, phase = "Completed") {
  const stage = await setStage({ phase });
  const part = partWith({ storage, ...changes });
  const { metadata } = await beginRestore(stage.client, part, {
    backupName: BACKUP,
    namespaces: ["shop"],
    now: NOW,
    report: () => undefined,
  });
  const live = () => stage.at(restores, metadata.name) as Restore;
  const begun = stage.writes.length;
  return {
    ...stage,
    part,
    live,
    /** What has been written since it ended. */
    written: () => stage.writes.slice(begun),
    /** As an up does it, whichever; what it reports, and how it fails. */
    async conclude(by = part): Promise<{ reported: Partial<RestorePart>; failed: string | undefined }> {
      let reported: Partial<RestorePart> = {};
      const failed = await conclude(stage.client, by, live(), {
        deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(60_000) },
        progress: { report: () => undefined, stop: () => undefined },
        report: (found) => (reported = { ...reported, ...found }),
      }).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      return { reported, failed };
    },
    forget: (key: string) => stage.store.objects.delete(key),
  };
}
const TARBALL = `east/backups/${BACKUP}/${BACKUP}.tar.gz`;

describe("A restore that ended well", () => {
  test("is settled by the last write, with its counts, though its backup is gone by then", async () => {
    const { conclude, live, written, forget } = await ended();
    forget(TARBALL);
    expect(await conclude()).toEqual({
      reported: { created: 3, updated: 0, skipped: 0, failed: 0, verified: undefined },
      failed: undefined,
    });
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "true" });
    expect(live().metadata.annotations).not.toHaveProperty(VERIFIED);
    expect(written()).toEqual([`patch Restore ${live().metadata.name}`]);
  });

  test("in part is settled only where such are allowed", async () => {
    const allowing = await ended({ allowPartialFailure: true }, "PartiallyFailed");
    expect((await allowing.conclude()).failed).toBeUndefined();
    expect(allowing.live().metadata.labels).toMatchObject({ [SETTLED]: "true" });
  });
});

describe("A restore of which not all may be seen", () => {
  test.each<[string, Partial<RestoreOutputs>]>([
    ["verify", { verify: true }],
    ["drill", drill],
  ])("is neither called good nor bad by %s, and compared when it may be", async (property, changes) => {
    const stage = await ended(changes);
    const { list } = stage.client;
    hide(stage, configMaps);
    const { failed, reported } = await stage.conclude();
    expect(failed).toContain(`${property}: what Restore velero/${stage.live().metadata.name} in cluster`);
    expect(failed).toContain("these credentials may not list configmaps there. The next up compares again.");
    expect(reported).not.toHaveProperty("verified");
    expect(stage.live().metadata.labels).not.toHaveProperty([SETTLED]);
    stage.client.list = list;
    expect((await stage.conclude()).reported).toMatchObject({ verified: 3 });
  });
});

describe("A restore that did not end well", () => {
  test.each(["PartiallyFailed", "Failed", "FailedValidation"])("is rejected: %s", async (phase) => {
    const { conclude, live } = await ended({ verify: true }, phase);
    const { failed, reported } = await conclude();
    expect(failed).toContain(`ended ${phase}`);
    expect(reported).toMatchObject({ created: 3 });
    expect(reported).not.toHaveProperty("verified");
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "rejected" });
  });

  test("keeps being rejected by every other up, until it is accepted", async () => {
    const { conclude, live, namesOf } = await ended({}, "PartiallyFailed");
    const first = await conclude();
    expect(await conclude()).toEqual(first);
    expect(namesOf(restores)).toHaveLength(1);
    expect((await conclude(partWith({ storage, allowPartialFailure: true }))).failed).toBeUndefined();
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "true" });
  });
});

describe("A restore that is verified", () => {
  test("tells how many objects are as they were, also where it finds them changed by nobody but Velero", async () => {
    const { conclude, live, at, put } = await ended({ verify: true });
    const prices = at(configMaps, "prices")!;
    const labels = { "velero.io/backup-name": BACKUP, "velero.io/restore-name": "r" };
    put(configMaps, { ...prices, metadata: { ...prices.metadata, labels } });
    expect(await conclude()).toMatchObject({ reported: { verified: contents.length }, failed: undefined });
    expect(live().metadata).toMatchObject({
      labels: { [SETTLED]: "true" },
      annotations: { [VERIFIED]: String(contents.length) },
    });
  });

  test("fails with the differences, is not settled, and is looked at again by the next up", async () => {
    const { conclude, live, at, put, remove } = await ended({ verify: true });
    const prices = at(configMaps, "prices")!;
    const dearer = { ...prices, data: { eggs: "4" } };
    put(configMaps, dearer);
    remove(configMaps, "rates");
    const { failed, reported } = await conclude();
    expect(failed).toMatch(
      /^Problem: verify: 2 of 3 objects in Restore velero\/\S+ in cluster "east" are not as/,
    );
    expect(failed).toContain(
      "configmaps shop/prices differs in data.eggs; configmaps shop/rates is not there",
    );
    expect(reported).not.toHaveProperty("verified");
    expect(live().metadata.labels).not.toHaveProperty(SETTLED);
    put(configMaps, prices);
    put(configMaps, { ...contents[2]!.object });
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3 } });
  });

  test("is not looked at again where a run was killed after it was, whatever has changed since", async () => {
    const { conclude, remove, forget } = await ended({ verify: true });
    await conclude();
    remove(configMaps, "prices");
    forget(TARBALL);
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3 } });
  });

  test("cannot be where the backup is gone, and that is told", async () => {
    const { conclude, live, forget } = await ended({ verify: true });
    forget(TARBALL);
    expect((await conclude()).failed).toContain(`the tarball of Backup ${BACKUP} is not there`);
    expect(live().metadata.labels).not.toHaveProperty(SETTLED);
  });
});

describe("A drill", () => {
  test("is verified, settled, and then cleared away", async () => {
    const { conclude, live, namesOf, written } = await ended(drill);
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3, drilled: [] } });
    expect(namesOf(namespaces)).toEqual([]);
    expect(written()).toEqual([
      "patch Namespace shop-drill",
      `patch Restore ${live().metadata.name}`,
      "delete Namespace shop-drill",
    ]);
  });

  test("that is to be kept is marked and stays, which a run knows that repeats a killed one", async () => {
    const { conclude, namesOf } = await ended({ ...drill, drill: { keep: true } });
    for (const _run of ["killed behind its last write", "repeated"]) {
      expect(await conclude()).toMatchObject({ reported: { verified: 3, drilled: ["shop-drill"] } });
      expect(namesOf(namespaces)).toEqual(["shop-drill"]);
    }
  });

  test("that proves that the backup is not good stays to be looked at", async () => {
    const { conclude, namesOf, remove } = await ended(drill);
    remove(configMaps, "rates");
    const { failed, reported } = await conclude();
    expect(failed).toContain("drill: 1 of 3 objects");
    expect(reported).toMatchObject({ drilled: ["shop-drill"] });
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
  });

  test("that failed is marked, so that the next one can clear it", async () => {
    const { conclude, at, live } = await ended(drill, "PartiallyFailed");
    expect(await conclude()).toMatchObject({ reported: { drilled: ["shop-drill"] } });
    expect(at(namespaces, "shop-drill")?.metadata.labels).toMatchObject({ "pulumi-velero.io/drill": "true" });
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "rejected" });
  });

  test.each(["Completed", "PartiallyFailed"])(
    "of which nobody can say what it has made is looked at again, whatever came of it: %s",
    async (phase) => {
      const { conclude, live, namesOf, store, at } = await ended(drill, phase);
      const { get } = store;
      store.get = (key) =>
        key.includes("resource-list") ? Promise.reject(new Error("the store is down")) : get(key);
      const words =
        phase === "Completed"
          ? /^Problem: drill: what Restore .*: the store is down\. The next up/
          : /ended Part/;
      expect((await conclude()).failed).toMatch(words);
      expect(live().metadata.labels).not.toHaveProperty([SETTLED]);
      store.get = get;
      await conclude();
      expect(live().metadata.labels).toHaveProperty([SETTLED]);
      const left = phase === "Completed" ? [] : ["shop-drill"];
      expect(namesOf(namespaces)).toEqual(left);
      for (const name of left) expect(at(namespaces, name)?.metadata.labels).toHaveProperty([DRILL]);
    },
  );

  test.each<[string, string, string | undefined]>([
    ["Completed", "is not known, so nothing of it can be removed: its list is not", undefined],
    ["PartiallyFailed", "ended PartiallyFailed", undefined],
    // It may have made all of it, and have failed to store that.
    ["Failed", "ended Failed", undefined],
    ["FailedValidation", "ended FailedValidation", "rejected"],
  ])(
    "of which there is no list is settled only where it has made nothing: %s",
    async (phase, words, settled) => {
      const { conclude, live, forget } = await ended(drill, phase);
      const { name } = live().metadata;
      forget(`east/restores/${name}/restore-${name}-resource-list.json.gz`);
      expect((await conclude()).failed).toContain(words);
      expect(live().metadata.labels?.[SETTLED]).toBe(settled);
    },
  );

  test("whose run was killed before it was cleared is cleared by the next, and not verified again", async () => {
    const { conclude, namesOf, client, live, remove } = await ended(drill);
    const { delete: whole } = client;
    client.delete = () => Promise.reject(new Error("killed"));
    expect((await conclude()).failed).toContain("killed");
    expect(live().metadata.labels).toMatchObject({ [SETTLED]: "true" });
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
    remove(configMaps, "rates");
    client.delete = whole;
    expect(await conclude()).toMatchObject({ failed: undefined, reported: { verified: 3 } });
    expect(namesOf(namespaces)).toEqual([]);
  });

  test("whose run was killed after it was cleared takes no namespace that has come by that name since", async () => {
    const { conclude, namesOf, put, at } = await ended(drill);
    await conclude();
    put(namespaces, { metadata: { name: "shop-drill", labels: { team: "theirs" } } });
    expect((await conclude()).failed).toBeUndefined();
    expect(namesOf(namespaces)).toEqual(["shop-drill"]);
    expect(at(namespaces, "shop-drill")?.metadata.labels).toEqual({ team: "theirs" });
  });
});
