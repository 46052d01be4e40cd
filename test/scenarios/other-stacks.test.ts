import { expect, test } from "vitest";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { apiGate } from "./api-gate.ts";
import { passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

/** A team's program, which knows the platform's location only by its handle. */
const team = (output: string, { access = "", more = "" } = {}): string => `
  const platform = new pulumi.StackReference(process.env.PLATFORM);
  const location = velero.locationFrom("location", platform.requireOutput("${output}"), { clusters: { east } ${access} });
  new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP] ${more} });
`;

describeOnSandbox("A location of another stack", (sandbox) => {
  const east = sandbox.cluster("east");

  test("is known by a handle without a secret, waited for, and takes a team's backups with or without a way to the store", async () => {
    const platform = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
       exports.backups = location.handle;
       const away = { minio: { ...storage.minio, prefix: "away" } };
       exports.away = new velero.BackupLocation("away", { storage: away, clusters: { east: { offline: true } } }).handle;`,
      { project: "platform" },
    );
    const { outputs, secretOutputs } = await ok(platform.up());
    expect(secretOutputs).toEqual([]);
    expect(outputs["backups"]).toEqual({
      version: 1,
      store: { kind: "minio", bucket: platform.bucket, endpoint: sandbox.minio.endpoint },
      clusters: {
        east: {
          owner: expect.stringContaining("::primary-east"),
          lineage: expect.stringMatching(/^[0-9a-f]{16}$/),
          locationName: expect.stringMatching(/^primary-east-[0-9a-f]{8}$/),
          namespace: "velero",
          storePrefix: "east",
          readLocations: {},
        },
      },
    });
    const text = JSON.stringify(outputs["backups"]);
    for (const hidden of [sandbox.minio.secretKey, "MINIO_SECRET_KEY", "KUBECONFIG", "credentials"]) {
      expect(text).not.toContain(hidden);
    }

    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 5 });
    const gate = await apiGate(east);
    const teamOn = (program: string, project: string) =>
      stackOn(sandbox, program, {
        project,
        backend: platform as Runner,
        bucket: platform.bucket,
        env: {
          SHOP: shop,
          PLATFORM: `organization/platform/${platform.stack}`,
          EAST_KUBECONFIG: gate.kubeconfig,
        },
      });
    const stored = (name: unknown) =>
      sandbox.minio.objectKeys(platform.bucket, `east/backups/${String(name)}/`);

    const plain = await teamOn(team("backups"), "plain");
    expect(stepsOf(await ok(plain.preview()))).toEqual(["create location", "create shop"]);
    const [made] = await veleroObjects(east, "backupstoragelocations", platform);
    const path = veleroPath("backupstoragelocations", made?.metadata.name);
    const location = await east.kubernetes.patch(path, { spec: { validationFrequency: "5s" } });
    let isFirst = true;
    gate.onRequest = async (asked) => {
      if (!isFirst || asked.method !== "GET" || !asked.path.startsWith(path)) return;
      isFirst = false;
      // Until Velero looks again by itself.
      await east.kubernetes.patch(path, { status: { phase: "Unavailable" } });
    };
    const { outputs: taken } = resourceIn(await ok(plain.up()), "shop");
    expect(isFirst).toBe(false);
    expect(taken).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(taken).not.toHaveProperty("storage");
    expect((await east.kubernetes.get(path))?.spec, "who uses it does not change it").toEqual(location.spec);
    const file = `east/backups/${String(taken?.["backupName"])}/velero-backup.json`;
    expect(await stored(taken?.["backupName"])).toContain(file);
    expect(stepsOf(await ok(plain.up({ expectNoChanges: true })))).toEqual(["same location", "same shop"]);
    await ok(plain.destroy());
    expect(await stored(taken?.["backupName"])).toContain(file);

    // Where the platform has declared the cluster offline, it says so.
    const access = ", access: { credentials: { static: keys } }";
    const other = await teamOn(team("away", { access }), "other");
    const refused = await other.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /BackupStorageLocation \S+ in cluster "east" does not exist: .*has declared the cluster offline/,
    );

    // Its own way to the store lets a team give up what it has stored.
    other.change(team("backups", { access, more: ', deletionPolicy: "delete"' }));
    const { outputs: doomed } = resourceIn(await ok(other.up()), "shop");
    expect(doomed).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(doomed).toHaveProperty("storage");
    expect(await stored(doomed?.["backupName"])).not.toEqual([]);
    await ok(other.destroy());
    expect(await stored(doomed?.["backupName"])).toEqual([]);
  }, 400_000);

  test("is refused with the reason where it is no handle, a newer one, or one without the cluster", async () => {
    const stack = await stackOn(sandbox, "", { bucket: "not-used" });
    const reasons = {
      "{ bucket: 'x' }": "this is no location's handle",
      "{ version: 2 }": "the handle has version 2, and this pulumi-velero knows version 1",
      "{ version: 1, store: { kind: 'minio' }, clusters: { west: {} } }":
        'the location has no cluster "east"; it has: west',
    };
    for (const [handle, reason] of Object.entries(reasons)) {
      stack.change(`
        const location = velero.locationFrom("location", pulumi.output(${handle}), { clusters: { east } });
        new velero.ClusterBackup("shop", { location, cluster: "east" });`);
      const preview = await stack.preview();
      expect(preview.ok).toBe(false);
      expect(messagesOf(preview)).toContain(reason);
    }
  });
});
