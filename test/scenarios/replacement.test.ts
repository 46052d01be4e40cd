import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import {
  dataKeys,
  incarnationOf,
  liveObject,
  markerAt,
  passingStack,
  secretOf,
  veleroObject,
} from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const program = (gone = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
  const shop = { location, cluster: "east", includedNamespaces: [process.env.SHOP] };
  const nightly = new velero.ClusterBackup("nightly", { ...shop, schedule: "0 2 * * *" });
  const once = new velero.ClusterBackup("once", shop);
  ${gone && `new velero.ClusterBackup("gone", { ...shop, deletionPolicy: "delete", ${gone} });`}
  exports.location = location.clusters.east.locationName;
  exports.schedule = nightly.scheduleName;
  exports.once = once.backupName;
`;

describeOnSandbox("A replacement", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** What must outlive a replacement: the objects themselves. */
  async function objectsOf({ location, schedule }: Record<string, unknown>) {
    const objects = await Promise.all([
      liveObject(east, "backupstoragelocations", location),
      secretOf(east, location),
      liveObject(east, "schedules", schedule),
    ]);
    return {
      uids: objects.map((object) => object?.metadata.uid),
      incarnations: objects.map((object) => object && incarnationOf(object)),
    };
  }

  test("keeps what is asked for anew under the new incarnation, moves a schedule to another bucket in place, and deletes only what a newer backup follows", async () => {
    const shop = await createNamespace(east, "shop");
    for (const cluster of [east, west]) await seedNamespace(cluster, shop, { objects: 4 });
    const stack = await passingStack(sandbox, program("triggers: [1]"), { env: { SHOP: shop } });
    const first = await ok(stack.up());
    const before = await objectsOf(first.outputs);
    const marker = await markerAt(sandbox, stack.bucket, "east");
    const goneOf = (run: typeof first) => String(outputsOf(run, "gone")["backupName"]);
    const dataOf = (backup: unknown) => dataKeys(sandbox, stack.bucket, `east/backups/${String(backup)}/`);
    const ofOnce = await dataOf(first.outputs["once"]);

    const store = await ok(stack.up({ replace: [resourceIn(first, "primary").urn] }));
    expect(stepsOf(store)).toContain("delete-replaced primary");
    expect(store.outputs).toEqual(first.outputs);
    expect(await objectsOf(store.outputs), "a store is nothing in a cluster").toEqual(before);
    stack.change(program("triggers: [2]"));
    const second = await ok(stack.up());
    // The engine checks what is replaced on demand without its state: the claim is of another lineage now.
    const claimed = await markerAt(sandbox, stack.bucket, "east");
    expect(claimed).toMatchObject({ owner: marker.owner, incarnation: marker.incarnation });
    expect(await dataOf(first.outputs["once"])).toEqual(ofOnce);
    // The newer one is Completed.
    expect(await veleroObject(east, "backups", goneOf(first))).toBeUndefined();
    expect(await dataOf(goneOf(first))).toEqual([]);
    const kept = await dataOf(goneOf(second));
    expect(kept).not.toEqual([]);

    stack.change(program('cluster: "west", triggers: [2]'));
    const again = ["primary-east", "nightly", "once"];
    const third = await ok(stack.up({ replace: again.map((name) => resourceIn(first, name).urn) }));
    for (const name of again) expect(stepsOf(third)).toContain(`delete-replaced ${name}`);
    expect(third.outputs).toEqual({ ...first.outputs, once: expect.not.stringMatching(/^$/) });
    const incarnation = outputsOf(third, "primary-east")["incarnation"];
    expect(incarnation).not.toBe(marker.incarnation);
    const then = await objectsOf(third.outputs);
    expect(then.uids).toEqual(before.uids);
    expect(then.incarnations.slice(0, 2)).toEqual([incarnation, incarnation]);
    expect(then.incarnations[2]).toBe(outputsOf(third, "nightly")["incarnation"]);
    expect(then.incarnations[2]).not.toBe(before.incarnations[2]);
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual({ ...claimed, incarnation });
    expect(third.outputs["once"], "another one is taken").not.toBe(first.outputs["once"]);
    for (const name of [first.outputs["once"], third.outputs["once"]])
      expect((await liveObject(east, "backups", name)).status?.["phase"]).toBe("Completed");
    expect(await dataOf(first.outputs["once"]), "and the first one stays for its time").toEqual(ofOnce);
    // The new one is another cluster's, and nothing in this cluster takes the old one's place.
    expect(messagesOf(third)).toContain(`backup ${goneOf(second)} is kept`);
    expect(await veleroObject(east, "backups", goneOf(second))).toBeDefined();
    expect(await dataOf(goneOf(second))).toEqual(kept);
    expect(await veleroObjects(west, "backups", stack)).toHaveLength(1);

    const env = { BUCKET: await sandbox.minio.createBucket("scenario") };
    const old = await dataKeys(sandbox, stack.bucket, "east/");
    stack.change(program());
    expect(messagesOf(await ok(stack.preview({ env })))).toContain(
      "What lies at the old place stays, no longer expires",
    );
    const moved = await ok(stack.up({ env }));
    const steps = stepsOf(moved);
    for (const [one, next] of [
      ["create-replacement primary-east", "update nightly"],
      ["create-replacement primary-east", "create-replacement once"],
      ["update nightly", "delete-replaced primary-east"],
      ["create-replacement once", "delete-replaced once"],
      ["delete-replaced once", "delete-replaced primary-east"],
    ] as const) {
      expect(steps).toEqual(expect.arrayContaining([one, next]));
      expect(steps.indexOf(one), `${one} comes before ${next}`).toBeLessThan(steps.indexOf(next));
    }
    const { location, once, schedule } = moved.outputs;
    expect(location).not.toBe(third.outputs["location"]);
    const live = await liveObject(east, "schedules", schedule);
    expect(live.metadata.uid).toBe(before.uids[2]);
    expect(live.spec?.["template"]).toMatchObject({ storageLocation: location });
    const oldLocation = third.outputs["location"];
    expect(await veleroObject(east, "backupstoragelocations", oldLocation)).toBeUndefined();
    expect(await secretOf(east, oldLocation)).toBeUndefined();
    expect(await veleroObject(east, "backups", third.outputs["once"])).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(old);
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
    expect(await dataKeys(sandbox, env.BUCKET)).toContain(`east/backups/${String(once)}/velero-backup.json`);
    expect(await markerAt(sandbox, env.BUCKET, "east")).not.toHaveProperty("released");
    await ok(stack.preview({ env, expectNoChanges: true }));
    await ok(stack.refresh({ env, previewOnly: true, expectNoChanges: true }));
  }, 240_000);
});
