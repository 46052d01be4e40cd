import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { cloneBackup } from "./clone-backup.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, liveObject, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, type Stack, veleroObjects, veleroPath } from "./stack.ts";

const backup = (options: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  new velero.ClusterBackup("shop", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", deletionPolicy: "delete", ${options}
  });`;

describeOnSandbox("Stored backups that are to be deleted", (sandbox) => {
  const east = sandbox.cluster("east");

  async function begin(options: string): Promise<{ stack: Stack; name: string }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, backup(options), { env: { SHOP: shop } });
    return { stack, name: String(outputsOf(await ok(stack.up()), "shop")["backupName"]) };
  }

  const keysIn = ({ bucket }: Stack) => dataKeys(sandbox, bucket, "east/backups/");
  const requestsFor = async (name: string) =>
    (await east.kubernetes.list(veleroPath("deletebackuprequests"))).filter(({ spec }) =>
      String(spec?.["backupName"]).startsWith(name),
    );

  test("stay where their location is read-only, or one is stuck in Deleting, which is told, and the next destroy tries again", async () => {
    const { stack, name } = await begin("");
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const path = veleroPath("backupstoragelocations", location?.metadata.name);
    await east.kubernetes.patch(path, { spec: { accessMode: "ReadOnly" } });
    expect(complaintsIn(await stack.destroy())).toEqual([
      expect.stringMatching(
        /^location: BackupStorageLocation velero\/\S+ in cluster "east" is read-only, so no stored backup can be deleted there/,
      ),
    ]);
    expect(await requestsFor(name), "it is told before anything is sent").toEqual([]);
    expect((await liveObject(east, "backups", name)).status).toMatchObject({ phase: "Completed" });
    await east.kubernetes.patch(path, { spec: { accessMode: "ReadWrite" } });

    const tarball = `east/backups/${name}/${name}.tar.gz`;
    const store = sandbox.minio.client();
    const kept = Buffer.concat(await (await store.getObject(stack.bucket, tarball)).toArray());
    // Velero reads the tarball for its delete actions, and stops at one that it cannot read.
    await store.putObject(stack.bucket, tarball, "no tarball");
    expect(complaintsIn(await stack.destroy())).toEqual([
      expect.stringMatching(
        new RegExp(`^Backup velero/${name} in cluster "east" could not be deleted: .*delete item actions`),
      ),
    ]);
    expect((await liveObject(east, "backups", name)).status).toMatchObject({ phase: "Deleting" });
    await store.putObject(stack.bucket, tarball, kept);
    await ok(stack.destroy());
    expect(await veleroObject(east, "backups", name)).toBeUndefined();
    expect(await keysIn(stack)).toEqual([]);
  }, 900_000);

  test("are as many as a schedule has made in years: bounded, told, and gone on with after a kill", async () => {
    const { stack, name } = await begin('schedule: "0 3 29 2 *", skipImmediately: true, runNow: true');
    const clones = 45;
    await Promise.all(
      Array.from({ length: clones }, (_, index) =>
        cloneBackup(sandbox, east, stack.bucket, name, { name: `${name}-${index}` }),
      ),
    );
    const left = async () => (await veleroObjects(east, "backups", stack)).length;
    expect(await left()).toBe(clones + 1);

    let most = 0;
    const watch = async () => {
      most = Math.max(most, (await requestsFor(name)).length);
    };
    const run = stack.start("destroy");
    await waitUntil("some are gone", async () => {
      await watch();
      return (await left()) < clones - 10 ? true : undefined;
    });
    await run.killProvider();
    expect((await run.result).ok).toBe(false);
    expect(await left()).toBeGreaterThan(0);

    const second = stack.start("destroy");
    const watching = setInterval(() => void watch(), 100);
    const destroy = await ok(second.result).finally(() => clearInterval(watching));
    expect(messagesOf(destroy)).toMatch(/shop: deleting, \d+ of \d+ backups in cluster "east" are gone/);
    expect(most).toBeGreaterThan(1);
    expect(most, "ten at a time, and what the killed run had sent").toBeLessThanOrEqual(20);
    expect(await left()).toBe(0);
    expect(await keysIn(stack)).toEqual([]);
  }, 900_000);
});
