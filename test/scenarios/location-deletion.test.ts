import { expect, test } from "vitest";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { backupByHand } from "./location-by-hand.ts";
import { passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const location = (more = 'deletionPolicy: "delete"', clusters = "east, west"): string =>
  `const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} }, ${more} });`;
const backupOf = (cluster: string, name = cluster): string =>
  `new velero.ClusterBackup("${name}", { location, cluster: "${cluster}", includedNamespaces: [process.env.SHOP], volumes: "none" });`;
const both = backupOf("east") + backupOf("west");

describeOnSandbox("A location that goes with all that it has stored", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const { minio } = sandbox;

  const done = async (run: ReturnType<Runner["up"]>) => {
    const result = await run;
    expect(result.ok, messagesOf(result)).toBe(true);
    return result;
  };

  async function begin(program: string) {
    const shop = await createNamespace(east, "shop");
    for (const cluster of [east, west]) await seedNamespace(cluster, shop, { objects: 3 });
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    await done(stack.up());
    return stack;
  }

  test("says so when it is declared, and takes along backups and repositories, but nothing of a neighbour", async () => {
    const stack = await begin(location('deletionPolicy: "retain"') + both);
    const client = minio.client();
    await client.putObject(stack.bucket, "east/kopia/shop/left-behind", "of no backup any more");
    await client.putObject(stack.bucket, "east-2/backups/other/velero-backup.json", "{}");
    const [place] = await veleroObjects(east, "backupstoragelocations", stack);
    const repository = `${stack.stack}-repository`;
    await east.kubernetes.create(veleroPath("backuprepositories"), {
      apiVersion: "velero.io/v1",
      kind: "BackupRepository",
      metadata: {
        name: repository,
        namespace: "velero",
        labels: { "velero.io/storage-location": place?.metadata.name ?? "" },
      },
      spec: {
        backupStorageLocation: place?.metadata.name,
        maintenanceFrequency: "1h0m0s",
        repositoryType: "kopia",
        resticIdentifier: "none",
        volumeNamespace: "shop",
      },
    } as never);

    stack.change(location() + both);
    const preview = await done(stack.preview());
    expect(messagesOf(preview)).toContain(
      'deletionPolicy: with a destroy of the location in cluster "east" its 1 backup below east/ is deleted, with all that is stored there',
    );
    await done(stack.up());
    await done(stack.destroy());
    expect(await minio.objectKeys(stack.bucket)).toEqual(["east-2/backups/other/velero-backup.json"]);
    for (const cluster of [east, west]) expect(await veleroObjects(cluster, "backups", stack)).toEqual([]);
    expect(await east.kubernetes.get(veleroPath("backuprepositories", repository))).toBeUndefined();
  }, 240_000);

  test("in one cluster that is taken out is told with its count in the preview, and the other clusters keep theirs", async () => {
    const stack = await begin(location() + both);
    stack.change(location('deletionPolicy: "delete"', "east") + backupOf("east"));
    const preview = await done(stack.preview());
    expect(messagesOf(preview)).toContain(
      'clusters: "west" is taken out, and its 1 backup below west/ is deleted, with all that is stored there (deletionPolicy: "delete")',
    );
    const up = await done(stack.up());
    expect(stepsOf(up)).toContain("delete primary-west");
    const keys = await minio.objectKeys(stack.bucket);
    expect(keys.filter((key) => key.startsWith("west/"))).toEqual([]);
    expect(keys.filter((key) => key.startsWith("east/backups/")).length).toBeGreaterThan(0);
  }, 240_000);

  test("keeps everything where a backup in it was made by somebody else, until that one is gone", async () => {
    const stack = await begin(location('deletionPolicy: "delete"', "east") + backupOf("east"));
    const [place] = await veleroObjects(east, "backupstoragelocations", stack);
    const byHand = await backupByHand(east, place?.metadata.name ?? "");
    const before = await minio.objectKeys(stack.bucket, "east/backups/");
    const refused = await stack.destroy();
    expect(complaintsIn(refused)).toEqual([
      expect.stringContaining(`of the backups there were not made by this stack (${byHand})`),
    ]);
    expect(await minio.objectKeys(stack.bucket, `east/backups/${byHand}/`)).toEqual(
      before.filter((key) => key.includes(byHand)),
    );
    await east.kubernetes.create(veleroPath("deletebackuprequests"), {
      apiVersion: "velero.io/v1",
      kind: "DeleteBackupRequest",
      metadata: { name: `${byHand}-gone`, namespace: "velero" },
      spec: { backupName: byHand },
    } as never);
    await waitUntil("it is gone", async () =>
      (await east.kubernetes.get(veleroPath("backups", byHand))) ? undefined : true,
    );
    await done(stack.destroy());
    expect(await minio.objectKeys(stack.bucket)).toEqual([]);
  }, 240_000);

  test("stays whole, claim and data included, while another stack uses it", async () => {
    const owner = await begin(
      `${location('deletionPolicy: "delete"', "east")} exports.backups = location.handle; ${backupOf("east")}`,
    );
    const handle = JSON.stringify((await done(owner.up({ expectNoChanges: true }))).outputs["backups"]);
    const team = await stackOn(
      sandbox,
      `const location = velero.locationFrom("shared", ${handle}, { clusters: { east } });
       new velero.ClusterBackup("theirs", { location, cluster: "east", includedNamespaces: ["default"], volumes: "none" });`,
      { project: "team", bucket: owner.bucket },
    );
    await done(team.up());
    const before = await minio.objectKeys(owner.bucket, "east/backups/");
    const destroy = await done(owner.destroy());
    expect(messagesOf(destroy)).toContain("is left to others who still use it");
    expect(await minio.objectKeys(owner.bucket, "east/backups/")).toEqual(before);
    await done(team.destroy());
    expect(await minio.objectKeys(owner.bucket, "east/backups/")).toEqual(before);
  }, 240_000);

  test("is not deleted by a replacement: what lies at the old prefix stays", async () => {
    const stack = await begin(location('deletionPolicy: "delete"', "east") + backupOf("east"));
    const before = await minio.objectKeys(stack.bucket, "east/backups/");
    stack.change(
      location('deletionPolicy: "delete"', 'east: { ...east, prefix: "moved" }') + backupOf("east"),
    );
    const up = await done(stack.up());
    expect(resourceIn(up, "primary-east").outputs).toMatchObject({ storePrefix: "moved" });
    expect(await minio.objectKeys(stack.bucket, "east/backups/")).toEqual(before);
    await done(stack.destroy());
    expect(await minio.objectKeys(stack.bucket, "moved/")).toEqual([]);
    expect(await minio.objectKeys(stack.bucket, "east/backups/")).toEqual(before);
  }, 240_000);
});

const workspace = (clusters: string): string => `${location("", "east, west")}
  new velero.WorkspaceBackup("shops", {
    location, clusters: ${clusters}, includedNamespaces: [process.env.SHOP], volumes: "none", deletionPolicy: "delete",
  });`;

describeOnSandbox("What an up deletes of stored backups stands in its preview", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function begin(program: string) {
    const shop = await createNamespace(east, "shop");
    for (const cluster of [east, west]) await seedNamespace(cluster, shop, { objects: 3 });
    const stack = await passingStack(sandbox, program, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return stack;
  }

  test("for a cluster that is taken out of a workspace", async () => {
    const stack = await begin(workspace('["east", "west"]'));
    stack.change(workspace('["east"]'));
    const preview = await stack.preview();
    const words =
      'clusters: "west" is taken out, and its 1 stored backup is deleted (deletionPolicy: "delete")';
    expect(messagesOf(preview)).toContain(words);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(await sandbox.minio.objectKeys(stack.bucket, "west/backups/")).toEqual([]);
    expect((await sandbox.minio.objectKeys(stack.bucket, "east/backups/")).length).toBeGreaterThan(0);
  }, 180_000);

  test("for a single backup that is replaced", async () => {
    const program = (more = "") => `${location("", "east")}
      new velero.ClusterBackup("shop", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", deletionPolicy: "delete", ${more}
      });`;
    const stack = await begin(program());
    stack.change(program("triggers: [1]"));
    const preview = await stack.preview();
    const words =
      "deletionPolicy: the stored backup that is replaced (1) is deleted as soon as a newer one is Completed";
    expect(messagesOf(preview)).toContain(words);
  }, 180_000);

  test("for the tiers of a protected cluster that are left out", async () => {
    const program = (tiers: string) => `${location("", "east")}
      new velero.ProtectedCluster("shop", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", deletionPolicy: "delete",
        tiers: { weekly: false, ${tiers} },
      });`;
    const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true, runNow: true';
    const stack = await begin(program(`hourly: { ${yearly} }`));
    stack.change(program("hourly: false"));
    const preview = await stack.preview();
    expect(messagesOf(preview)).toContain(
      'tiers: "shop-hourly" is left out, and its 1 stored backup is deleted (deletionPolicy: "delete")',
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("delete shop-hourly");
  }, 180_000);
});
