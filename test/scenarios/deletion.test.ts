import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { cloneBackup } from "./clone-backup.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, liveObject, passingStack, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, veleroObjects, veleroPath } from "./stack.ts";

const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const backup = (options: string) => `${LOCATION}
  new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", deletionPolicy: "delete", ${options}
  });`;
const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true, runNow: true';

describeOnSandbox("Stored backups that are to be deleted", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(options: string): Promise<{ stack: Stack; name: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, backup(options), { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { stack, name: String(resourceIn(up, "shop").outputs?.["backupName"]) };
  }

  const keysIn = ({ bucket }: Stack) => dataKeys(sandbox, bucket, "east/backups/");

  async function destroyed(stack: Stack): Promise<string> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    return messagesOf(destroy);
  }

  test("stay where their location is read-only, which is told before anything is sent", async () => {
    const { stack, name } = await begin("");
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const path = veleroPath("backupstoragelocations", location?.metadata.name);
    await east.kubernetes.patch(path, { spec: { accessMode: "ReadOnly" } });
    const refused = await stack.destroy();
    expect(complaintsIn(refused)).toEqual([
      expect.stringMatching(
        /^location: BackupStorageLocation velero\/\S+ in cluster "east" is read-only, so no stored backup can be deleted there/,
      ),
    ]);
    const requests = await east.kubernetes.list(veleroPath("deletebackuprequests"));
    expect(requests.filter(({ spec }) => spec?.["backupName"] === name)).toEqual([]);
    expect((await liveObject(east, "backups", name)).status).toMatchObject({ phase: "Completed" });
    await east.kubernetes.patch(path, { spec: { accessMode: "ReadWrite" } });
    await destroyed(stack);
    expect(await keysIn(stack)).toEqual([]);
  });

  test("of which one is stuck in Deleting are told with Velero's errors, and the next destroy tries it again", async () => {
    const { stack, name } = await begin("");
    const tarball = `east/backups/${name}/${name}.tar.gz`;
    const { minio } = sandbox;
    const good = await minio.client().getObject(stack.bucket, tarball);
    const kept = Buffer.concat(await good.toArray());
    // Velero reads the tarball for its delete actions, and stops at one that it cannot read.
    await minio.client().putObject(stack.bucket, tarball, "no tarball");
    const failed = await stack.destroy();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        new RegExp(`^Backup velero/${name} in cluster "east" could not be deleted: .*delete item actions`),
      ),
    ]);
    expect((await liveObject(east, "backups", name)).status).toMatchObject({ phase: "Deleting" });
    await minio.client().putObject(stack.bucket, tarball, kept);
    await destroyed(stack);
    expect(await veleroObject(east, "backups", name)).toBeUndefined();
    expect(await keysIn(stack)).toEqual([]);
  });

  test("are as many as a schedule has made in years: bounded, told, and gone on with after a kill", async () => {
    const { stack, name } = await begin(yearly);
    const clones = 150;
    await Promise.all(
      Array.from({ length: clones }, (_, index) =>
        cloneBackup(sandbox, east, stack.bucket, name, { name: `${name}-${index}` }),
      ),
    );
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(clones + 1);

    let most = 0;
    const outstanding = async () => {
      const requests = await east.kubernetes.list(veleroPath("deletebackuprequests"));
      const ours = requests.filter(({ spec }) => String(spec?.["backupName"]).startsWith(name)).length;
      most = Math.max(most, ours);
      return ours;
    };
    const run = stack.start("destroy");
    await waitUntil("some are gone", async () => {
      await outstanding();
      return (await veleroObjects(east, "backups", stack)).length < clones - 10 ? true : undefined;
    });
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    const left = (await veleroObjects(east, "backups", stack)).length;
    expect(left).toBeGreaterThan(0);

    const second = stack.start("destroy");
    const watching = setInterval(() => void outstanding(), 100);
    const destroy = await second.result.finally(() => clearInterval(watching));
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(messagesOf(destroy)).toMatch(/shop: deleting, \d+ of \d+ backups in cluster "east" are gone/);
    expect(most).toBeGreaterThan(1);
    expect(most, "ten at a time, and what the killed run had sent").toBeLessThanOrEqual(20);
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    expect(await keysIn(stack)).toEqual([]);
  }, 240_000);
});
