import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { liveObject, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const locationOf = (clusters: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });
  exports.names = Object.fromEntries(Object.entries(location.clusters).map(([key, { locationName }]) => [key, locationName]));
  exports.reads = Object.fromEntries(Object.entries(location.clusters).map(([key, { readLocations }]) => [key, readLocations]));
`;

describeOnSandbox("A cluster that is declared offline", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("and moved in the same up keeps what was declared for it, and who reads it goes on reading", async () => {
    const stack = await passingStack(sandbox, locationOf('east, west: { ...west, reads: ["east"] }'));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["names"] as { east: string }).east;
    const before = await liveObject(east, "backupstoragelocations", name);
    const reader = (up.outputs["reads"] as { west: { east: string } }).west.east;
    const read = await liveObject(west, "backupstoragelocations", reader);

    stack.change(locationOf('east: { offline: true }, west: { ...west, reads: ["east"] }'));
    const offline = await stack.up();
    expect(offline.ok, messagesOf(offline)).toBe(true);
    expect(stepsOf(offline)).toEqual(["same primary", "update primary-east", "same primary-west"]);
    expect((await liveObject(west, "backupstoragelocations", reader)).metadata.uid).toBe(read.metadata.uid);

    stack.change(locationOf("east, west"));
    expect((await stack.up()).ok).toBe(true);
    stack.change(locationOf('east: { offline: true, prefix: "moved" }, west'));
    const moved = await stack.up();
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(messagesOf(moved)).not.toContain("backups move from");
    expect((await liveObject(east, "backupstoragelocations", name)).metadata.uid).toBe(before.metadata.uid);

    expect((await stack.destroy()).ok).toBe(true);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    await east.kubernetes.delete(veleroPath("backupstoragelocations", name));
  }, 120_000);

  test("leaves no Backup object behind when it is not read any more, even where a killed up had begun to clear", async () => {
    const stack = await passingStack(
      sandbox,
      locationOf('old: { offline: true }, west: { ...west, reads: ["old"] }'),
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = (up.outputs["reads"] as { west: { old: string } }).west.old;
    await west.kubernetes.delete(veleroPath("backupstoragelocations", name));
    const backup = `${stack.bucket}-left`;
    await west.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: backup, namespace: "velero" },
      spec: { storageLocation: name },
    });

    stack.change(locationOf("old: { offline: true }, west"));
    const cleared = await stack.up();
    expect(cleared.ok, messagesOf(cleared)).toBe(true);
    expect(await veleroObject(west, "backups", backup)).toBeUndefined();
  }, 120_000);
});
