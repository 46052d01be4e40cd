import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { namespaceIn, ok, outputsOf, pathOf, restorePath, restoresOf, upAll } from "./restore-stack.ts";
import { createRunningPod } from "./running-pod.ts";
import { messagesOf } from "./stack.ts";

const base = `
  const { SHOP } = process.env;
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const team = velero.locationFrom("team", location.handle, { clusters: { east } });
  const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });`;

const restores = `${base}
  const restore = (name, args) =>
    new velero.Restore(name, { backup, cluster: "east", namespaceMapping: { "*": "*-" + name }, ...args });
  restore("copy");
  // Seen by a stack that has no way to the store.
  restore("unseen", { backup: { location: team, from: "east", backupName: backup.backupName } });
  restore("podless", { excludedResources: ["pods"] });
  restore("claim", { excludedResources: ["pods"], restorePVs: false });
  restore("there", { namespaceMapping: {} });`;

describeOnSandbox("The data of claims in a Restore", (sandbox) => {
  const east = sandbox.cluster("east");

  test("that did not come back fails it, though Velero calls it Completed, and is never restored again by itself; that cannot come back is foreseen, and nothing is restored; that was there before is left, and told", async () => {
    const shop = await createNamespace(east, "shop");
    const volume = await createBoundVolume(east, shop, "ledger");
    const pod = await createRunningPod(east, shop, "ledger");
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const name = String(outputsOf(await ok(stack.up()), "shop")["backupName"]);
    // There is no node to copy files on: that the backup holds a file copy is written into it afterwards, in Velero's
    // words, and Velero has nothing to restore it from.
    const line = {
      pvcName: "ledger",
      pvcNamespace: shop,
      pvName: volume,
      backupMethod: "PodVolumeBackup",
      skipped: false,
      result: "succeeded",
      pvbInfo: {
        snapshotHandle: "a1",
        size: 7,
        volumeName: "ledger",
        podName: pod,
        podNamespace: shop,
        Phase: "Completed",
      },
    };
    const key = `east/backups/${name}/${name}-volumeinfo.json.gz`;
    await sandbox.minio.client().putObject(stack.bucket, key, gzipSync(JSON.stringify([line])));

    stack.change(restores);
    const foreseen = `the data of 1 of 1 claim would not come back in cluster "east", and nothing was restored: ${shop}/ledger (its data is a file copy of pod web-ledger, which is not restored)`;
    const warned = messagesOf(await ok(stack.preview()));
    // Where claims without their data are wanted, nobody is warned.
    expect(warned.split("would not come back")).toHaveLength(2);
    expect(warned).toContain(foreseen);

    const lost = (into: string): unknown =>
      expect.stringMatching(
        new RegExp(
          String.raw`^Restore velero/\S+ in cluster "east" is Completed, and yet the data of 1 of 1 claim did not come back: ` +
            String.raw`${into}/ledger \(a file copy comes back with its pod alone, web-ledger, and none came`,
        ),
      );
    const refused = [lost(`${shop}-copy`), lost(`${shop}-unseen`), expect.stringContaining(foreseen)];
    const first = await upAll(stack);
    expect(complaintsIn(first)).toEqual(expect.arrayContaining(refused));
    expect(complaintsIn(first), complaintsIn(first).join("\n")).toHaveLength(refused.length);
    expect(messagesOf(first)).toContain(
      `of these claims no data was seen to come back: ${shop}/ledger (it was there before, and was left as it was)`,
    );
    const claimIn = (namespace: string) =>
      east.kubernetes.get(pathOf("persistentvolumeclaims", namespace, "ledger"));
    // It is there, and empty.
    for (const into of ["copy", "unseen", "claim"]) expect(await claimIn(`${shop}-${into}`)).toBeDefined();
    expect(await namespaceIn(east, `${shop}-podless`)).toBeUndefined();
    expect(outputsOf(first, "claim")).toMatchObject({ phase: "Completed", health: "Healthy" });
    const { metadata } =
      (await east.kubernetes.get(restorePath(outputsOf(first, "there")["restoreName"]))) ?? {};
    expect(metadata?.labels).toMatchObject({ "pulumi-velero.io/accepted": "true" });

    const second = await upAll(stack);
    expect(complaintsIn(second)).toEqual(expect.arrayContaining(refused));
    expect(complaintsIn(second), complaintsIn(second).join("\n")).toHaveLength(refused.length);
    for (const each of ["copy", "unseen"])
      expect(outputsOf(second, each)["restoreName"], each).toBe(outputsOf(first, each)["restoreName"]);
    expect(await restoresOf(east, stack)).toHaveLength(4);
  }, 240_000);
});
