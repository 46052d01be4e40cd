import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects } from "./stack.ts";

describeOnSandbox("A location and a backup", (sandbox) => {
  test("a program's location and backup become real, stay the same, and leave only the data behind", async () => {
    const east = sandbox.cluster("east");
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 12 });
    const stack = await stackOn(
      sandbox,
      `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      const shop = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ttl: "24h" });
      exports.backup = shop.backupName;
      `,
      { env: { SHOP: shop } },
    );

    const preview = await stack.preview();
    expect(stepsOf(preview)).toEqual(["create primary", "create primary-east", "create shop"]);

    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const name = String(up.outputs["backup"]);
    expect(await sandbox.minio.objectKeys(stack.bucket, `east/backups/${name}/`)).toContain(
      `east/backups/${name}/velero-backup.json`,
    );
    const { outputs } = resourceIn(up, "shop");
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", errors: 0 });
    expect(Number(outputs?.["itemsBackedUp"])).toBeGreaterThanOrEqual(12);

    const again = await stack.up({ expectNoChanges: true });
    expect(stepsOf(again)).toEqual(["same primary", "same primary-east", "same shop"]);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    expect(await east.kubernetes.get(`/apis/velero.io/v1/namespaces/velero/backups/${name}`)).toBeUndefined();
    expect(await sandbox.minio.objectKeys(stack.bucket, `east/backups/${name}/`)).not.toEqual([]);
  });
});
