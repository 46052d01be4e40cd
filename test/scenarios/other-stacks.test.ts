import { expect, test } from "vitest";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { apiGate } from "./api-gate.ts";
import { messagesOf, resourceIn, type Stack, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const PLATFORM = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  exports.backups = location.handle;
`;

/** A team's program, which knows the platform's location only by its handle. */
const team = (access: string, backups: string): string => `
  const platform = new pulumi.StackReference(process.env.PLATFORM);
  const location = velero.locationFrom("location", platform.requireOutput("backups"), { clusters: { east }${access} });
  ${backups}
`;
const WITHOUT_ACCESS = "";
const WITH_ACCESS = ", access: { credentials: { static: keys } }";
const BACKUP = `new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });`;

async function shopIn(sandbox: Sandbox): Promise<string> {
  const shop = await createNamespace(sandbox.cluster("east"), "shop");
  await seedNamespace(sandbox.cluster("east"), shop, { objects: 5 });
  return shop;
}

async function platformOn(sandbox: Sandbox): Promise<Stack> {
  const platform = await stackOn(sandbox, PLATFORM, { project: "platform" });
  const up = await platform.up();
  expect(up.ok, messagesOf(up)).toBe(true);
  return platform;
}

const teamOn = async (sandbox: Sandbox, platform: Stack, body: string, env = {}): Promise<Stack> =>
  stackOn(sandbox, body, {
    project: "team",
    backend: platform as Runner,
    bucket: platform.bucket,
    env: { SHOP: await shopIn(sandbox), PLATFORM: `organization/platform/${platform.stack}`, ...env },
  });

async function done(run: ReturnType<Runner["up"]>) {
  const result = await run;
  expect(result.ok, messagesOf(result)).toBe(true);
  return result;
}

describeOnSandbox("A location of another stack", (sandbox) => {
  test("is exported as a handle without a secret or a connection", async () => {
    const platform = await platformOn(sandbox);
    const { outputs, secretOutputs } = await done(platform.up({ expectNoChanges: true }));
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
    await done(platform.destroy());
  });

  test("that is Unavailable is waited for, and not changed by who uses it", async () => {
    const east = sandbox.cluster("east");
    const platform = await platformOn(sandbox);
    const [made] = await veleroObjects(east, "backupstoragelocations", platform);
    const path = veleroPath("backupstoragelocations", made?.metadata.name);
    const location = await east.kubernetes.patch(path, { spec: { validationFrequency: "5s" } });
    const gate = await apiGate(east);
    const stack = await teamOn(sandbox, platform, team(WITHOUT_ACCESS, BACKUP), {
      EAST_KUBECONFIG: gate.kubeconfig,
    });
    let isFirst = true;
    gate.onRequest = async (asked) => {
      if (!isFirst || asked.method !== "GET" || !asked.path.startsWith(path)) return;
      isFirst = false;
      // Until Velero looks again by itself.
      await east.kubernetes.patch(path, { status: { phase: "Unavailable" } });
    };
    expect(resourceIn(await done(stack.up()), "shop").outputs).toMatchObject({ phase: "Completed" });
    expect(isFirst).toBe(false);
    expect((await east.kubernetes.get(path))?.spec).toEqual(location.spec);
    await done(stack.destroy());
    await done(platform.destroy());
  });

  test.each([
    ["with its own way to the store", WITH_ACCESS],
    ["without any way to the store", WITHOUT_ACCESS],
  ])("takes a team's backup, %s", async (_how, access) => {
    const platform = await platformOn(sandbox);
    const stack = await teamOn(sandbox, platform, team(access, BACKUP));
    expect(stepsOf(await done(stack.preview()))).toEqual(["create location", "create shop"]);

    const { outputs } = resourceIn(await done(stack.up()), "shop");
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(outputs?.["storage"] === undefined).toBe(access === WITHOUT_ACCESS);
    const stored = `east/backups/${String(outputs?.["backupName"])}/velero-backup.json`;
    expect(await sandbox.minio.objectKeys(platform.bucket, "east/backups/")).toContain(stored);
    expect(stepsOf(await done(stack.up({ expectNoChanges: true })))).toEqual(["same location", "same shop"]);

    await done(stack.destroy());
    await done(platform.destroy());
    expect(await sandbox.minio.objectKeys(platform.bucket, "east/backups/")).toContain(stored);
  });

  test("may be destroyed before the team's stack is, which then can be destroyed all the same", async () => {
    const platform = await platformOn(sandbox);
    const nightly = BACKUP.replace('"east",', '"east", schedule: "0 2 * * *",');
    const stack = await teamOn(sandbox, platform, team(WITHOUT_ACCESS, nightly));
    await done(stack.up());
    const east = sandbox.cluster("east");
    const name = String(resourceIn(await done(stack.up()), "shop").outputs?.["scheduleName"]);
    const path = `/apis/velero.io/v1/namespaces/velero/schedules/${name}`;
    expect(await east.kubernetes.get(path)).toBeDefined();

    await done(platform.destroy());
    await done(stack.destroy());
    expect(await east.kubernetes.get(path)).toBeUndefined();
    expect(await veleroObjects(east, "backupstoragelocations", platform)).toEqual([]);
  });

  test("gives up a team's stored backups with the team's stack, where that has asked for it and brings a way to the store", async () => {
    const platform = await platformOn(sandbox);
    const doomed = BACKUP.replace('"east",', '"east", deletionPolicy: "delete",');
    const stack = await teamOn(sandbox, platform, team(WITH_ACCESS, doomed));
    const name = String(resourceIn(await done(stack.up()), "shop").outputs?.["backupName"]);
    await done(stack.destroy());
    expect(await sandbox.minio.objectKeys(platform.bucket, `east/backups/${name}/`)).toEqual([]);
    await done(platform.destroy());
  });

  test("that has declared the cluster offline says so where a team would back up to it", async () => {
    const platform = await stackOn(sandbox, PLATFORM.replace("{ east }", "{ east: { offline: true } }"), {
      project: "platform",
    });
    await done(platform.up());
    const stack = await teamOn(sandbox, platform, team(WITHOUT_ACCESS, BACKUP));
    const up = await stack.up();
    expect(up.ok).toBe(false);
    expect(messagesOf(up)).toMatch(
      /BackupStorageLocation \S+ in cluster "east" does not exist: .*has declared the cluster offline/,
    );
    await done(platform.destroy());
  });

  test.each([
    ["something else than a handle", "pulumi.output({ bucket: 'x' })", "this is no location's handle"],
    [
      "a newer handle",
      "pulumi.output({ version: 2 })",
      "the handle has version 2, and this pulumi-velero knows version 1",
    ],
    [
      "a handle without the cluster",
      "pulumi.output({ version: 1, store: { kind: 'minio' }, clusters: { west: {} } })",
      'the location has no cluster "east"; it has: west',
    ],
  ])("from %s is refused with the reason", async (_what, handle, reason) => {
    const stack = await stackOn(
      sandbox,
      `const location = velero.locationFrom("location", ${handle}, { clusters: { east } }); ${BACKUP}`,
      { bucket: "not-used", env: { SHOP: "shop" } },
    );
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    expect(messagesOf(preview)).toContain(reason);
  });
});
