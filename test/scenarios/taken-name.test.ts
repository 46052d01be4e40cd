import { expect, test } from "vitest";
import type { RunOptions } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, veleroObjects } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

const program = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
  });
`;

describeOnSandbox("A backup's name that lies in the store already", (sandbox) => {
  const east = sandbox.cluster("east");

  test("between check and create costs this backup, never the older one's data, whether an up or a destroy follows", async () => {
    const shop = await createNamespace(east, "shop");
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, program, {
      env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint },
    });
    const placed: string[] = [];
    let isRival = false;
    // Puts another's backup under the very name that was just found free: the clock alone decides the name.
    gate.onAnswer = async ({ method, path, isVelero }, status) => {
      const name = /\/backups\/([^/]+)\/velero-backup\.json$/.exec(path)?.[1];
      if (method !== "GET" || status !== 404 || isVelero || name === undefined || !isRival) return;
      isRival = false;
      for (const file of ["velero-backup.json", `${name}.tar.gz`]) {
        const key = `east/backups/${name}/${file}`;
        placed.push(key);
        await sandbox.minio.client().putObject(stack.bucket, key, "another's");
      }
    };
    async function expectFailure(options: RunOptions = {}): Promise<void> {
      isRival = true;
      const failed = await stack.up(options);
      expect(failed.ok).toBe(false);
      expect(messagesOf(failed)).toContain("already exists in object storage");
      const name = placed.at(-1)?.split("/")[2];
      expect(await veleroObject(east, "backups", name)).toBeUndefined();
      expect(await dataKeys(sandbox, stack.bucket, `east/backups/${name}/`)).toEqual(
        placed.slice(-2).toSorted(),
      );
    }

    await expectFailure();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(placed.toSorted());
    const up = await ok(stack.up());
    const once = outputsOf(up, "once");
    expect(placed.join()).not.toContain(String(once["backupName"]));
    expect(once).toMatchObject({ phase: "Completed", health: "Healthy" });

    await expectFailure({ replace: [resourceIn(up, "once").urn] });
    expect(placed).toHaveLength(4);
    await ok(stack.destroy());
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(placed.toSorted());
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
  });
});
