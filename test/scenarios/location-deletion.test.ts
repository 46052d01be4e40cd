import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { deleteByHand } from "./delete-by-hand.ts";
import { backupByHand } from "./location-by-hand.ts";
import { passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const YEARLY = 'schedule: "0 3 29 2 *", skipImmediately: true, runNow: true';

interface Options {
  /** Of the location "primary". */
  policy: "retain" | "delete";
  clusters?: string;
  /** Of the workspace. */
  workspace?: string;
  hourly?: string;
  trigger?: number;
  /** Where the location "keeper" lies in its bucket. */
  prefix?: string;
}

const program = ({ policy, clusters, workspace, hourly, trigger = 1, prefix }: Options) => `
  const at = (prefix) => ({ minio: { ...storage.minio, prefix } });
  const primary = new velero.BackupLocation("primary", {
    storage, clusters: { ${clusters ?? "east, west"} }, deletionPolicy: "${policy}",
  });
  const keeper = new velero.BackupLocation("keeper", {
    storage: at("keeper"), clusters: { east: { ...east, prefix: "${prefix ?? "east"}" } }, deletionPolicy: "delete",
  });
  const shared = new velero.BackupLocation("shared", {
    storage: at("shared"), clusters: { east }, deletionPolicy: "delete",
  });
  exports.shared = shared.handle;
  const shop = { includedNamespaces: [process.env.SHOP], volumes: "none" };
  const gone = { ...shop, deletionPolicy: "delete" };
  new velero.WorkspaceBackup("shops", { ...gone, location: primary, clusters: ${workspace ?? '["east", "west"]'} });
  ${clusters ? "" : `new velero.ClusterBackup("west", { ...shop, location: primary, cluster: "west" });`}
  ${clusters ? "" : `new velero.ClusterBackup("single", { ...gone, location: keeper, cluster: "east", triggers: [${trigger}] });`}
  new velero.ClusterBackup("stays", { ...shop, location: keeper, cluster: "east" });
  new velero.ProtectedCluster("tiers", {
    ...gone, location: keeper, cluster: "east", tiers: { weekly: false, hourly: ${hourly ?? `{ ${YEARLY} }`} },
  });
`;

describeOnSandbox("A location that goes with all that it has stored", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const { minio } = sandbox;
  /** One backup after another: Velero leaves some of several in its queue for a minute. */
  const oneByOne = { parallel: 1 };

  test("tells in the preview what it deletes with it, deletes that and nothing else, and nothing while somebody else needs it", async () => {
    const shop = await createNamespace(east, "shop");
    for (const cluster of [east, west]) await seedNamespace(cluster, shop, { objects: 3 });
    const stack = await passingStack(sandbox, program({ policy: "retain" }), { env: { SHOP: shop } });
    const first = await ok(stack.up(oneByOne));
    const keysOf = (prefix: string) => minio.objectKeys(stack.bucket, prefix);
    const nameOf = String(outputsOf(first, "single")["backupName"]);
    const client = minio.client();
    await client.putObject(stack.bucket, "east/kopia/shop/left-behind", "of no backup any more");
    const neighbour = "east-2/backups/other/velero-backup.json";
    await client.putObject(stack.bucket, neighbour, "{}");
    const storageLocation = String(outputsOf(first, "primary-east")["locationName"]);
    const repository = `${stack.stack}-repository`;
    await east.kubernetes.create(veleroPath("backuprepositories"), {
      apiVersion: "velero.io/v1",
      kind: "BackupRepository",
      metadata: { name: repository, labels: { "velero.io/storage-location": storageLocation } },
      spec: {
        backupStorageLocation: storageLocation,
        maintenanceFrequency: "1h0m0s",
        repositoryType: "kopia",
        resticIdentifier: "none",
        volumeNamespace: "shop",
      },
    });

    stack.change(program({ policy: "delete", workspace: '["east"]', hourly: "false", trigger: 2 }));
    const foreseen = messagesOf(await ok(stack.preview()));
    for (const words of [
      'deletionPolicy: with a destroy of the location in cluster "east" its 1 backup below east/ is deleted, with all that is stored there',
      'clusters: "west" is taken out, and its 1 stored backup is deleted (deletionPolicy: "delete")',
      "deletionPolicy: the stored backup that is replaced (1) is deleted as soon as a newer one is Completed",
      'tiers: "tiers-hourly" is left out, and its 1 stored backup is deleted (deletionPolicy: "delete")',
    ])
      expect(foreseen).toContain(words);
    const up = await ok(stack.up(oneByOne));
    expect(stepsOf(up)).toContain("delete tiers-hourly");
    const ofWorkspace = (keys: string[]) => keys.filter((key) => key.includes("/shops-"));
    expect(ofWorkspace(await keysOf("west/backups/"))).toEqual([]);
    expect(ofWorkspace(await keysOf("east/backups/"))).not.toEqual([]);
    expect(await keysOf(`keeper/east/backups/${nameOf}/`)).toEqual([]);

    const old = (await keysOf("keeper/east/backups/")).filter((key) => !key.includes("/single-"));
    expect(old).not.toEqual([]);
    const next = { policy: "delete", clusters: "east", workspace: '["east"]', hourly: "false" } as const;
    stack.change(program({ ...next, prefix: "moved" }));
    expect(messagesOf(await ok(stack.preview()))).toContain(
      'clusters: "west" is taken out, and its 1 backup below west/ is deleted, with all that is stored there (deletionPolicy: "delete")',
    );
    const moved = await ok(stack.up(oneByOne));
    expect(stepsOf(moved)).toContain("delete primary-west");
    expect(await keysOf("west/")).toEqual([]);
    expect(await keysOf("east/backups/"), "the other clusters keep theirs").not.toEqual([]);
    expect(outputsOf(moved, "keeper-east")).toMatchObject({ storePrefix: "keeper/moved" });
    expect(await keysOf("keeper/moved/backups/")).not.toEqual([]);
    expect(await keysOf("keeper/east/backups/"), "a replacement deletes nothing of the old place").toEqual(
      old,
    );

    const team = await passingStack(
      sandbox,
      `const location = velero.locationFrom("shared", ${JSON.stringify(moved.outputs["shared"])}, { clusters: { east } });
       new velero.ClusterBackup("theirs", { location, cluster: "east", includedNamespaces: ["default"], volumes: "none" });`,
      { project: "team", bucket: stack.bucket },
    );
    await ok(team.up());
    const theirs = await keysOf("shared/");
    const byHand = await backupByHand(east, storageLocation);
    const ofHand = await keysOf(`east/backups/${byHand}/`);
    const refused = await stack.destroy({ continueOnError: true });
    expect(complaintsIn(refused)).toContainEqual(
      expect.stringContaining(`of the backups there were not made by this stack (${byHand})`),
    );
    expect(await keysOf(`east/backups/${byHand}/`)).toEqual(ofHand);
    expect(messagesOf(refused)).toContain("is left to others who still use it");
    expect(await keysOf("shared/"), "with its claim").toEqual(theirs);
    expect(await keysOf("keeper/moved/")).toEqual([]);
    expect(await keysOf("keeper/east/backups/")).toEqual(old);

    await deleteByHand(east, byHand);
    await ok(stack.destroy());
    expect(await keysOf("east")).toEqual([neighbour]);
    const left = await veleroObjects(east, "backupstoragelocations", stack);
    expect(left.map(({ spec }) => spec?.["objectStorage"])).toMatchObject([{ prefix: "shared/east" }]);
    expect(await east.kubernetes.get(veleroPath("backuprepositories", repository))).toBeUndefined();
    await ok(team.destroy());
    expect(await keysOf("shared/east/backups/")).toEqual(theirs.filter((key) => key.includes("/backups/")));
  }, 360_000);
});
