import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { namespaceIn, ok, outputsOf, pathOf, restorePath } from "./restore-stack.ts";
import { createRunningPod } from "./running-pod.ts";
import { messagesOf, resourceIn } from "./stack.ts";

describeOnSandbox("The data of claims in a Restore", (sandbox) => {
  const east = sandbox.cluster("east");

  const base = `
    const { SHOP } = process.env;
    const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
    const team = velero.locationFrom("team", location.handle, { clusters: { east } });
    const backup = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [SHOP], volumes: "none" });`;

  const restore = (args: string, backup = "backup") =>
    `${base} new velero.Restore("copy", { backup: ${backup}, cluster: "east", namespaceMapping: { "*": "*-copy" }, ${args} });`;

  /**
   * A backup of a claim and the pod that mounts it. There is no node to copy files on: that it holds a file copy is
   * written into it afterwards, in Velero's words, and Velero has nothing to restore it from.
   */
  async function backedUp() {
    const shop = await createNamespace(east, "shop");
    const volume = await createBoundVolume(east, shop, "ledger");
    const pod = await createRunningPod(east, shop, "ledger");
    const stack = await passingStack(sandbox, base, { env: { SHOP: shop } });
    const name = String(outputsOf(await ok(stack.up()), "shop")["backupName"]);
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
    return { shop, stack, name };
  }

  test.each([
    ["", "backup"],
    [", seen by a stack that has no way to the store", "team"],
  ])(
    "that did not come back fails it, though Velero calls it Completed, and is never restored again by itself%s",
    async (_how, by) => {
      const { shop, stack, name } = await backedUp();
      stack.change(
        restore(
          "",
          by === "team" ? `{ location: team, from: "east", backupName: ${JSON.stringify(name)} }` : by,
        ),
      );
      const names = new Set<unknown>();
      for (let run = 0; run < 2; run++) {
        const failed = await stack.up();
        expect(complaintsIn(failed)).toEqual([
          expect.stringMatching(
            new RegExp(
              `^Restore velero/\\S+ in cluster "east" is Completed, and yet the data of 1 of 1 claim did not come back: ${shop}-copy/ledger \\(a file copy comes back with its pod alone, web-ledger, and none came`,
            ),
          ),
        ]);
        names.add(resourceIn(failed, "copy").outputs?.["restoreName"]);
      }
      expect(names.size).toBe(1);
      // It is there, and empty.
      expect(
        await east.kubernetes.get(pathOf("persistentvolumeclaims", `${shop}-copy`, "ledger")),
      ).toBeDefined();
    },
    240_000,
  );

  test("that cannot come back is foreseen, and nothing is restored; without it a claim comes where that is said", async () => {
    const { shop, stack } = await backedUp();
    stack.change(restore('excludedResources: ["pods"]'));
    const words = `the data of 1 of 1 claim would not come back in cluster "east", and nothing was restored: ${shop}/ledger (its data is a file copy of pod web-ledger, which is not restored)`;
    expect(messagesOf(await ok(stack.preview()))).toContain(words);
    expect(complaintsIn(await stack.up())).toEqual([expect.stringContaining(words)]);
    expect(await namespaceIn(east, `${shop}-copy`)).toBeUndefined();

    stack.change(restore('excludedResources: ["pods"], restorePVs: false'));
    expect(messagesOf(await ok(stack.preview()))).not.toContain("would not come back");
    expect(outputsOf(await ok(stack.up()), "copy")).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(
      await east.kubernetes.get(pathOf("persistentvolumeclaims", `${shop}-copy`, "ledger")),
    ).toBeDefined();
  }, 240_000);

  test("that was there before is left, and told", async () => {
    const { shop, stack } = await backedUp();
    stack.change(restore("").replace('namespaceMapping: { "*": "*-copy" },', ""));
    const up = await ok(stack.up());
    expect(messagesOf(up)).toContain(
      `of these claims no data was seen to come back: ${shop}/ledger (it was there before, and was left as it was)`,
    );
    const { restoreName } = outputsOf(up, "copy");
    const { metadata } = (await east.kubernetes.get(restorePath(restoreName))) ?? {};
    expect(metadata?.labels).toMatchObject({ "pulumi-velero.io/settled": "true" });
  }, 240_000);
});
