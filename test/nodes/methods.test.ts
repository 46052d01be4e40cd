import { expect, test } from "vitest";
import { describeOnNodes } from "../sandbox/describe-on-nodes.ts";
import { passingStack } from "../scenarios/observe.ts";
import { namespaceGone, ok, outputsOf, pathOf } from "../scenarios/restore-stack.ts";
import { messagesOf } from "../scenarios/stack.ts";
import { createShop, dataOf, shopRuns, snapshotsIn } from "./shop.ts";

const methods = {
  copied: { volumes: 'volumes: "fileCopy"', foreseen: "file copy" },
  snapshotted: { volumes: 'volumes: "snapshot"', foreseen: "snapshot" },
  moved: { volumes: 'volumes: "moveData"', foreseen: "moved snapshot" },
  // Velero's own defaults: its feature EnableCSI is on here.
  unsaid: { volumes: "", foreseen: "snapshot" },
  none: { volumes: 'volumes: "none"', foreseen: undefined },
};
type Method = keyof typeof methods;
const names = Object.keys(methods) as Method[];

const backups = `
  const location = new velero.BackupLocation("primary", {
    storage,
    repositoryPassword: { env: "REPOSITORY_PASSWORD" },
    deletionPolicy: "delete",
    clusters: { east, west: { ...west, reads: ["east"] } },
  });
  const backups = {};
  const backup = (name, args) => backups[name] = new velero.ClusterBackup(name, {
    location, cluster: "east", includedNamespaces: [process.env[name]], deletionPolicy: "delete", ...args,
  });
  const restore = (of, kind, args) => new velero.Restore(of + "-" + kind, { backup: backups[of], cluster: "east", ...args });
  ${names.map((name) => `backup("${name}", { ${methods[name].volumes} });`).join("\n  ")}`;

const restores = `${backups}
  for (const of of ["copied", "snapshotted", "moved", "unsaid"])
    restore(of, "copy", { namespaceMapping: { "*": "*-copy" } });
  for (const of of ["copied", "snapshotted", "moved"]) restore(of, "again");
  for (const of of ["copied", "moved"]) restore(of, "west", { cluster: "west" });
  for (const [of, storageClass] of [["copied", "first-consumer"], ["moved", "retained"]])
    restore(of, "class", {
      namespaceMapping: { "*": "*-class" }, storageClassMapping: { "at-once": storageClass },
    });
  restore("copied", "files", { namespaceMapping: { "*": "*-files" }, restorePVs: false });`;

await describeOnNodes("The data of claims", ["east", "west"], (sandbox) => {
  test("comes back as it was by each method: into the same namespace, another one, another storage class and another cluster, and nothing of it is left when the backups are deleted", async () => {
    const [east, west] = [sandbox().cluster("east"), sandbox().cluster("west")];
    const shops = await Promise.all(names.map(() => createShop(east)));
    const originals = await Promise.all(shops.map((shop) => dataOf(east, shop)));
    const shopOf = (name: Method) => shops[names.indexOf(name)] ?? "";
    const originalOf = (name: Method) => originals[names.indexOf(name)];
    const stack = await passingStack(sandbox(), backups, {
      env: {
        ...Object.fromEntries(names.map((name) => [name, shopOf(name)])),
        REPOSITORY_PASSWORD: "a long password",
      },
    });

    const foreseen = messagesOf(await ok(stack.preview()));
    const up = await ok(stack.up());
    for (const name of names) {
      const words = methods[name].foreseen;
      if (words !== undefined) expect(foreseen).toContain(`of 1 claim saved would be 1 by ${words}`);
      expect(outputsOf(up, name), name).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(outputsOf(up, name)["volumesBackedUp"], name).toBe(words && 1);
    }
    await ok(stack.refresh({ expectNoChanges: true }));

    const disasters = ["copied", "snapshotted", "moved"] as const;
    await Promise.all(disasters.map((name) => namespaceGone(east, shopOf(name))));
    stack.change(restores);
    await ok(stack.up());
    for (const name of ["copied", "snapshotted", "moved", "unsaid"] as const)
      expect(await dataOf(east, `${shopOf(name)}-copy`), `${name}-copy`).toEqual(originalOf(name));
    for (const name of disasters) {
      expect(await dataOf(east, shopOf(name)), `${name}-again`).toEqual(originalOf(name));
      await shopRuns(east, shopOf(name));
    }
    for (const name of ["copied", "moved"] as const) {
      expect(await dataOf(west, shopOf(name)), `${name}-west`).toEqual(originalOf(name));
      await shopRuns(west, shopOf(name));
    }
    for (const [name, storageClass] of [
      ["copied", "first-consumer"],
      ["moved", "retained"],
    ] as const) {
      const namespace = `${shopOf(name)}-class`;
      expect(await dataOf(east, namespace), namespace).toEqual(originalOf(name));
      const claim = await east.kubernetes.get(pathOf("persistentvolumeclaims", namespace, "data"));
      expect(claim?.spec?.["storageClassName"]).toBe(storageClass);
    }
    expect(await dataOf(east, `${shopOf("copied")}-files`), "restorePVs is about snapshots").toEqual(
      originalOf("copied"),
    );
    await ok(stack.refresh({ expectNoChanges: true }));

    expect(await snapshotsIn(east)).not.toEqual([]);
    await ok(stack.destroy());
    expect(await sandbox().minio.objectKeys(stack.bucket)).toEqual([]);
    expect(await snapshotsIn(east)).toEqual([]);
    for (const kind of ["podvolumebackups", "datauploads"]) {
      const version = kind === "datauploads" ? "v2alpha1" : "v1";
      expect(await east.kubernetes.list(`/apis/velero.io/${version}/namespaces/velero/${kind}`)).toEqual([]);
    }
  }, 600_000);
});
