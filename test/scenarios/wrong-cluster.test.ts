import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

describeOnSandbox("A cluster's key", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("that means the same cluster as another one is refused, and taking it out leaves the other whole", async () => {
    const program = (keys: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { ${keys} } });
    `;
    const stack = await passingStack(sandbox, program("east, twin: east"));
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /clusters\.(east|twin): "(east|twin)" and "(east|twin)" are one and the same cluster/,
    );

    // Whichever came second has left nothing that its absence does not clear up.
    stack.change(program("east"));
    const one = await stack.up();
    expect(one.ok, messagesOf(one)).toBe(true);
    const [only, ...others] = await veleroObjects(east, "backupstoragelocations", stack);
    expect(others).toEqual([]);
    expect(only?.spec).toMatchObject({ accessMode: "ReadWrite", objectStorage: { prefix: "east" } });
  });

  test("that comes to mean another cluster is an error to all, and never finds everything gone", async () => {
    const shop = await createNamespace(east, "shop");
    await west.kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: shop },
    });
    const stack = await passingStack(
      sandbox,
      `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const nightly = new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *" });
      const once = new velero.ClusterBackup("once", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
      });
      exports.location = location.clusters.east.locationName;
      exports.once = once.backupName;
      `,
      { env: { SHOP: shop } },
    );
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const stored = await dataKeys(sandbox, stack.bucket);
    const swapped = { EAST_KUBECONFIG: west.kubeconfig };
    const isAnother =
      /clusters\.east: "east" at https:\S+ is another cluster \(\S+\) than the one that state knows \(\S+\)/;

    const updated = await stack.up({ env: swapped });
    expect(updated.ok).toBe(false);
    expect(messagesOf(updated)).toMatch(isAnother);

    const refreshed = await stack.refresh({ env: swapped });
    expect(refreshed.ok, messagesOf(refreshed)).toBe(true);
    for (const name of ["primary-east", "nightly", "once"]) {
      const { outputs } = resourceIn(refreshed, name);
      expect(outputs?.["health"]).toBe("Unknown");
      expect(outputs?.["message"]).toMatch(isAnother);
    }
    expect(resourceIn(refreshed, "once").outputs?.["backupName"]).toBe(before.outputs["once"]);

    const destroyed = await stack.destroy({ env: swapped });
    expect(destroyed.ok).toBe(false);
    expect(messagesOf(destroyed)).toMatch(isAnother);
    for (const name of ["primary-east", "nightly", "once"])
      expect(resourceIn(destroyed, name).id).toBeDefined();
    const mercy = await stack.destroy({ env: { ...swapped, PULUMI_VELERO_DELETE_UNREACHABLE: "true" } });
    expect(mercy.ok).toBe(false);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);

    const mended = await stack.up();
    expect(mended.ok, messagesOf(mended)).toBe(true);
    expect(mended.outputs).toEqual(before.outputs);
    expect(await liveObject(east, "backups", before.outputs["once"])).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const again = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    expect(stepsOf(mended)).not.toContain("create-replacement once");
  });

  test("can be changed in one up: the new key takes over nothing of the old one's prefix", async () => {
    const program = (key: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { ${key}: east } });
    `;
    const stack = await passingStack(sandbox, program("east"));
    expect((await stack.up()).ok).toBe(true);
    stack.change(program("europe"));
    const renamed = await stack.up();
    expect(renamed.ok, messagesOf(renamed)).toBe(true);
    expect(stepsOf(renamed)).toEqual(["same primary", "create primary-europe", "delete primary-east"]);
    const locations = await veleroObjects(east, "backupstoragelocations", stack);
    expect(locations.map(({ spec }) => spec?.["objectStorage"])).toEqual([
      { bucket: stack.bucket, prefix: "europe" },
    ]);
  });
});
