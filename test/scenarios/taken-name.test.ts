import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, veleroObjects } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

describeOnSandbox("A backup's name that lies in the store already", (sandbox) => {
  const east = sandbox.cluster("east");
  const program = `
    const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
    const once = new velero.ClusterBackup("once", {
      location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
    });
    exports.once = once.backupName;
  `;

  /** Puts another's backup under the very name that was just found free: the clock alone decides the name. */
  async function stackWithRival() {
    const shop = await createNamespace(east, "shop");
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, program, {
      env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint },
    });
    const placed: string[] = [];
    gate.onAnswer = async ({ method, path, isVelero }, status) => {
      const name = /\/backups\/([^/]+)\/velero-backup\.json$/.exec(path)?.[1];
      if (method !== "GET" || status !== 404 || isVelero || name === undefined || placed.length > 0) return;
      for (const file of ["velero-backup.json", `${name}.tar.gz`]) {
        const key = `east/backups/${name}/${file}`;
        placed.push(key);
        await sandbox.minio.client().putObject(stack.bucket, key, "another's");
      }
    };
    return { stack, placed };
  }

  test("between check and create costs this backup, never the older one's data", async () => {
    const { stack, placed } = await stackWithRival();
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(placed).toHaveLength(2);
    expect(messagesOf(failed)).toContain("already exists in object storage");
    const name = placed[0]?.split("/")[2];
    expect(await veleroObject(east, "backups", name)).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(placed.toSorted());

    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(up.outputs["once"]).not.toBe(name);
    expect(resourceIn(up, "once").outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(placed));

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(placed.toSorted());
  });

  test("a destroy right after it leaves the older one's data, too", async () => {
    const { stack, placed } = await stackWithRival();
    expect((await stack.up()).ok).toBe(false);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(placed.toSorted());
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
  });
});
