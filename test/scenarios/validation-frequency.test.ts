import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { apiGate } from "./api-gate.ts";
import { locationByHand } from "./location-by-hand.ts";
import { liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { type Stack, stackOn, stepsOf, veleroPath } from "./stack.ts";

/** Servers of which one looks at a location every hour, and one never. Neither syncs while a test lasts. */
const FLAGS = {
  east: ["--store-validation-frequency=1h", "--backup-sync-period=1h"],
  west: ["--store-validation-frequency=0", "--backup-sync-period=1h"],
};

const MINUTE_MS = 60_000;
const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * MINUTE_MS).toISOString().replace(/\.\d+/, "");

// A sandbox of its own, for the flags of its Veleros.
describeOnSandbox("A Velero that validates by itself every hour, or never,", () => {
  vi.setConfig({ testTimeout: 900_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;
  beforeAll(async () => {
    const clusters = Object.entries(FLAGS).map(([name, veleroFlags]) => ({ name, veleroFlags }));
    sandbox = await startSandbox({ clusters });
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  });
  afterAll(() => sandbox?.stop());

  const locationIn = (cluster: SandboxCluster, name: string) =>
    liveObject(cluster, "backupstoragelocations", name);
  const frequencyIn = async (cluster: SandboxCluster, name: string) =>
    (await locationIn(cluster, name)).spec?.["validationFrequency"];
  const patch = ({ kubernetes }: SandboxCluster, name: string, change: Record<string, unknown>) =>
    kubernetes.patch(veleroPath("backupstoragelocations", name), change);
  /** As if that time had passed since Velero has looked last. */
  const age = (cluster: SandboxCluster, name: string, validated: number, synced: number) =>
    patch(cluster, name, {
      status: { lastValidationTime: minutesAgo(validated), lastSyncedTime: minutesAgo(synced) },
    });
  const validatedIn = async (cluster: SandboxCluster, name: string) =>
    Date.parse(String((await locationIn(cluster, name)).status?.["lastValidationTime"]));

  const expectNoDrift = (stack: Stack) => ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

  test("looks at our locations as often as they say, and where one says never it looks when it is asked", async () => {
    const keys = async () => {
      const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
      return { TEMPORARY_KEY: accessKey, TEMPORARY_SECRET: secretKey, TOKEN: sessionToken };
    };
    const program = (options = "") => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east, west }, ${options} });
      const temporary = {
        accessKeyId: { env: "TEMPORARY_KEY" }, secretAccessKey: { env: "TEMPORARY_SECRET" }, sessionToken: { env: "TOKEN" },
      };
      new velero.BackupLocation("never", {
        storage: { minio: { ...storage.minio, credentials: { static: temporary } } },
        clusters: { east: { ...east, prefix: "never" } }, validationFrequency: "0",
      });`;
    const stack = await passingStack(sandbox, program(), { env: await keys() });
    const first = await ok(stack.up());
    const nameOf = (resource: string) => String(outputsOf(first, resource)["locationName"]);
    const ours = ([east, west] as const).map((cluster) => ({
      cluster,
      resource: `primary-${cluster.name}`,
      name: nameOf(`primary-${cluster.name}`),
    }));
    const never = nameOf("never-east");
    for (const resource of ["primary-east", "primary-west", "never-east"])
      expect(outputsOf(first, resource)).toMatchObject({ phase: "Available", health: "Healthy" });
    for (const { cluster, name } of ours) expect(await frequencyIn(cluster, name)).toBe("1m");
    expect(await frequencyIn(east, never)).toBe("0");

    for (const { cluster, name } of ours) await age(cluster, name, 30, 30);
    const env = await keys();
    const rotated = outputsOf(await ok(stack.up({ env })), "never-east");
    expect(rotated["lastValidated"]).not.toBe(outputsOf(first, "never-east")["lastValidated"]);
    expect(await frequencyIn(east, never), "what the nudge has left means never, too").toBe("876000h1ms");
    await age(east, never, 30, 1);
    // Velero looks for locations that are due every ten seconds.
    const earliest = Date.now() + 25_000;
    for (const { cluster, name } of ours)
      await waitUntil("Velero has validated it", async () => {
        const isFresh = (await validatedIn(cluster, name)) > Date.now() - 5 * MINUTE_MS;
        return (isFresh && Date.now() > earliest) || undefined;
      });
    expect(await validatedIn(east, never)).toBeLessThan(Date.now() - 29 * MINUTE_MS);
    await expectNoDrift(stack);

    const minio = sandbox.minio.client();
    const photo = "never/holiday/photo.txt";
    /** Velero takes no folders but its own below a location. */
    const spoil = async (...frequencies: string[]) => {
      await minio.putObject(stack.bucket, photo, "sea");
      for (const validationFrequency of frequencies)
        await patch(east, never, { spec: { validationFrequency } });
      await waitUntil("the location is Unavailable", async () => {
        const { status } = await locationIn(east, never);
        return status?.["phase"] === "Unavailable" || undefined;
      });
    };
    await spoil("45s");
    expect(outputsOf(await ok(stack.refresh()), "never-east")).toMatchObject({
      health: "Drifted",
      message: expect.stringMatching(
        new RegExp(
          `^someone else has changed validationFrequency of BackupStorageLocation velero/${never}; up .*is Unavailable: `,
        ),
      ),
    });
    await minio.removeObject(stack.bucket, photo);
    stack.change(program('validationFrequency: "2h"'));
    const mended = await ok(stack.up({ env }));
    expect(outputsOf(mended, "never-east")).toMatchObject({ phase: "Available", health: "Healthy" });
    expect(await frequencyIn(east, never)).toBe("0");
    for (const { cluster, resource, name } of ours) {
      expect(stepsOf(mended)).toContain(`update ${resource}`);
      expect(await frequencyIn(cluster, name)).toBe("2h");
      // As Velero's own library writes it.
      await patch(cluster, name, { spec: { validationFrequency: "2h0m0s" } });
    }

    await spoil("0m", "876000h1ms");
    const refresh = await ok(stack.refresh());
    expect(outputsOf(refresh, "never-east")).toMatchObject({ health: "Unhealthy" });
    await minio.removeObject(stack.bucket, photo);
    const last = await ok(stack.up({ env }));
    expect(outputsOf(last, "never-east")).toMatchObject({ phase: "Available" });
    for (const { resource } of ours) {
      expect(outputsOf(refresh, resource)).toMatchObject({ health: "Healthy" });
      expect(stepsOf(last)).toContain(`same ${resource}`);
    }
  });

  test("is not taken for dead by an old time at locations that leave it to the server", async () => {
    const { bucket, name } = await locationByHand(sandbox, west, {
      prefix: "theirs",
      spec: { backupSyncPeriod: "1h" },
    });
    const gate = await apiGate({ ...west, kubeconfig: west.kubeconfig });
    const stack = await stackOn(
      sandbox,
      `const location = new velero.BackupLocation("primary", {
         storage, clusters: { west: { ...west, adopt: "${name}", prefix: "theirs" } },
       });
       const team = velero.locationFrom("team", location.handle, { clusters: { west } });
       new velero.ClusterBackup("nightly", { location: team, cluster: "west", schedule: "0 3 29 2 *" });`,
      { bucket, env: { WEST_KUBECONFIG: gate.kubeconfig } },
    );
    await ok(stack.up());
    expect([undefined, "-1ms"]).toContain(await frequencyIn(west, name));
    const questions = () =>
      gate.requests.filter(({ method, path }) => method === "POST" && path.includes("serverstatusrequests"));

    await age(west, name, 50, 2);
    const asked = questions().length;
    await expectNoDrift(stack);
    expect(questions(), "another sign of life is enough: nothing is written for it").toHaveLength(asked);

    await age(west, name, 50, 50);
    await expectNoDrift(stack);
    expect(questions(), "once for all resources").toHaveLength(asked + 1);
    expect(await west.kubernetes.list("/apis/velero.io/v1/namespaces/velero/serverstatusrequests")).toEqual(
      [],
    );

    await west.velero.stop();
    try {
      await age(west, name, 50, 50);
      const refreshed = await ok(stack.refresh());
      const words = new RegExp(
        `^BackupStorageLocation velero/${name} in cluster "west" was not validated since .*, no location there was ` +
          "validated or synced since .*, and Velero's server does not answer: is it still running\\?$",
      );
      for (const resource of ["primary-west", "nightly"])
        expect(outputsOf(refreshed, resource)).toMatchObject({
          health: "Unknown",
          message: expect.stringMatching(words),
        });
    } finally {
      await west.velero.start();
    }
    await ok(stack.up());
    await expectNoDrift(stack);
  });
});
