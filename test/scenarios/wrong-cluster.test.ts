import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const location = (keys: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { ${keys} } });
`;
const backups = `
  const nightly = new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *" });
  const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
  });
  exports.location = location.clusters.east.locationName;
  exports.once = once.backupName;
`;

describeOnSandbox("A cluster's key", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("is refused where another means the same cluster, and never finds everything gone where it comes to mean another cluster; a new key takes over nothing of the old one's prefix", async () => {
    const shop = await createNamespace(east, "shop");
    const stack = await passingStack(sandbox, location("east, twin: east"), { env: { SHOP: shop } });
    const twins = await stack.up();
    expect(twins.ok).toBe(false);
    expect(messagesOf(twins)).toMatch(
      /clusters\.(east|twin): "(east|twin)" and "(east|twin)" are one and the same cluster/,
    );

    // Whichever came second has left nothing that its absence does not clear up.
    stack.change(location("east") + backups);
    const before = await ok(stack.up());
    const only = await veleroObjects(east, "backupstoragelocations", stack);
    expect(only.map(({ spec }) => spec)).toMatchObject([
      { accessMode: "ReadWrite", objectStorage: { prefix: "east" } },
    ]);

    const stored = await dataKeys(sandbox, stack.bucket);
    const swapped = { EAST_KUBECONFIG: west.kubeconfig };
    const isAnother =
      /clusters\.east: "east" at https:\S+ is another cluster \(\S+\) than the one that state knows \(\S+\)/;
    const updated = await stack.up({ env: swapped });
    expect(updated.ok).toBe(false);
    expect(messagesOf(updated)).toMatch(isAnother);
    const all = ["primary-east", "nightly", "once"];
    const refreshed = await ok(stack.refresh({ env: swapped }));
    for (const name of all) {
      expect(outputsOf(refreshed, name)).toMatchObject({
        health: "Unknown",
        message: expect.stringMatching(isAnother),
      });
    }
    expect(outputsOf(refreshed, "once")["backupName"]).toBe(before.outputs["once"]);
    const destroyed = await stack.destroy({ env: { ...swapped, PULUMI_VELERO_DELETE_UNREACHABLE: "true" } });
    expect(destroyed.ok, "another cluster is no unreachable one").toBe(false);
    expect(messagesOf(destroyed)).toMatch(isAnother);
    for (const name of all) expect(resourceIn(destroyed, name).id).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    expect(await veleroObjects(west, "backupstoragelocations", stack)).toEqual([]);

    const mended = await ok(stack.up());
    expect(mended.outputs).toEqual(before.outputs);
    expect(stepsOf(mended)).not.toContain("create-replacement once");
    expect(await liveObject(east, "backups", before.outputs["once"])).toBeDefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    stack.change(location("europe: east"));
    const renamed = await ok(stack.up());
    const ofLocations = stepsOf(renamed).filter((step) => step.includes("primary"));
    expect(ofLocations).toEqual(["same primary", "create primary-europe", "delete primary-east"]);
    const locations = await veleroObjects(east, "backupstoragelocations", stack);
    expect(locations.map(({ spec }) => spec?.["objectStorage"])).toEqual([
      { bucket: stack.bucket, prefix: "europe" },
    ]);
  });
});
