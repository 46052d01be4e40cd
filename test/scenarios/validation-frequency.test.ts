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
const SERVERS = [
  ["every hour", "east"],
  ["never", "west"],
] as const;

const MINUTE_MS = 60_000;
const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * MINUTE_MS).toISOString().replace(/\.\d+/, "");

const program = (key: string, options = "") => `
  const location = new velero.BackupLocation("primary", { storage, ${options} clusters: { ${key} } });
  exports.name = location.clusters.${key}.locationName;`;

// A sandbox of its own, for the flags of its Veleros.
describeOnSandbox("A Velero that validates by itself", () => {
  vi.setConfig({ testTimeout: 600_000 });
  let sandbox: Sandbox;
  beforeAll(async () => {
    const clusters = Object.entries(FLAGS).map(([name, veleroFlags]) => ({ name, veleroFlags }));
    sandbox = await startSandbox({ clusters });
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

  async function awaitPhase(cluster: SandboxCluster, name: string, phase: string): Promise<void> {
    await waitUntil(`the location is ${phase}`, async () => {
      const { status } = await locationIn(cluster, name);
      return status?.["phase"] === phase || undefined;
    });
  }

  const expectNoDrift = (stack: Stack) => ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

  test.each(SERVERS)("%s validates our location as often as that says", async (_often, key) => {
    const cluster = sandbox.cluster(key);
    const stack = await passingStack(sandbox, program(key));
    const up = await ok(stack.up());
    const name = String(up.outputs["name"]);
    expect(outputsOf(up, `primary-${key}`)).toMatchObject({ phase: "Available", health: "Healthy" });
    expect(await frequencyIn(cluster, name)).toBe("1m");

    await age(cluster, name, 30, 30);
    await waitUntil("Velero has validated it", async () => {
      const { status } = await locationIn(cluster, name);
      return Date.parse(String(status?.["lastValidationTime"])) > Date.now() - 5 * MINUTE_MS || undefined;
    });
    await expectNoDrift(stack);

    stack.change(program(key, 'validationFrequency: "2h",'));
    expect(stepsOf(await ok(stack.up()))).toContain(`update primary-${key}`);
    expect(await frequencyIn(cluster, name)).toBe("2h");
    // As Velero's own library writes it.
    await patch(cluster, name, { spec: { validationFrequency: "2h0m0s" } });
    await expectNoDrift(stack);
    expect(stepsOf(await ok(stack.up({ expectNoChanges: true })))).toContain(`same primary-${key}`);
  });

  test("every hour is asked to look at a location that says never, and it still says so", async () => {
    const key = "east";
    const cluster = sandbox.cluster(key);
    const never = program(key, 'validationFrequency: "0",');
    const keys = async () => {
      const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
      return { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey, TOKEN: sessionToken };
    };
    const rotating = 'storage.minio.credentials = { static: { ...keys, sessionToken: { env: "TOKEN" } } };';
    const stack = await passingStack(sandbox, rotating + never, { env: await keys() });
    const first = await ok(stack.up());
    const name = String(first.outputs["name"]);
    expect(outputsOf(first, `primary-${key}`)).toMatchObject({ phase: "Available", health: "Healthy" });
    expect(await frequencyIn(cluster, name)).toBe("0");

    const env = await keys();
    const rotated = outputsOf(await ok(stack.up({ env })), `primary-${key}`);
    expect(rotated["lastValidated"]).not.toBe(outputsOf(first, `primary-${key}`)["lastValidated"]);
    // What the nudge has left means never, too.
    expect(await frequencyIn(cluster, name)).toBe("876000h1ms");
    await age(cluster, name, 30, 1);
    await expectNoDrift(stack);
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    const { status } = await locationIn(cluster, name);
    expect(Date.parse(String(status?.["lastValidationTime"]))).toBeLessThan(Date.now() - 29 * MINUTE_MS);

    // Velero takes no folders but its own below a location.
    const minio = sandbox.minio.client();
    await minio.putObject(stack.bucket, `${key}/holiday/photo.txt`, "sea");
    await patch(cluster, name, { spec: { validationFrequency: "45s" } });
    await awaitPhase(cluster, name, "Unavailable");
    const refresh = await ok(stack.refresh());
    expect(outputsOf(refresh, `primary-${key}`)).toMatchObject({
      health: "Drifted",
      message: expect.stringMatching(
        new RegExp(
          `^someone else has changed validationFrequency of BackupStorageLocation velero/${name}; up .*is Unavailable: `,
        ),
      ),
    });
    await minio.removeObject(stack.bucket, `${key}/holiday/photo.txt`);
    const mended = outputsOf(await ok(stack.up()), `primary-${key}`);
    expect(mended).toMatchObject({ phase: "Available", health: "Healthy" });
    expect(await frequencyIn(cluster, name)).toBe("0");

    await minio.putObject(stack.bucket, `${key}/holiday/photo.txt`, "sea");
    await patch(cluster, name, { spec: { validationFrequency: "0m" } });
    await patch(cluster, name, { spec: { validationFrequency: "876000h1ms" } });
    await awaitPhase(cluster, name, "Unavailable");
    expect(outputsOf(await ok(stack.refresh()), `primary-${key}`)).toMatchObject({ health: "Unhealthy" });
    await minio.removeObject(stack.bucket, `${key}/holiday/photo.txt`);
    expect(outputsOf(await ok(stack.up()), `primary-${key}`)).toMatchObject({ phase: "Available" });
  });

  test("never is not taken for dead by an old time at locations that leave it to the server", async () => {
    const key = "west";
    const cluster = sandbox.cluster(key);
    const { bucket, name } = await locationByHand(sandbox, cluster, {
      prefix: "theirs",
      spec: { backupSyncPeriod: "1h" },
    });
    const platform = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", {
         storage, clusters: { ${key}: { ...${key}, adopt: "${name}", prefix: "theirs" } },
       });
       exports.backups = location.handle;`,
      { project: "platform", bucket },
    );
    await ok(platform.up());
    expect([undefined, "-1ms"]).toContain(await frequencyIn(cluster, name));
    const gate = await apiGate({ ...cluster, kubeconfig: cluster.kubeconfig });
    const team = await stackOn(
      sandbox,
      `const platform = new pulumi.StackReference(process.env.PLATFORM);
       const location = velero.locationFrom("location", platform.requireOutput("backups"), { clusters: { ${key} } });
       new velero.ClusterBackup("nightly", { location, cluster: "${key}", schedule: "0 3 29 2 *" });`,
      {
        project: "team",
        backend: platform,
        bucket,
        env: {
          PLATFORM: `organization/platform/${platform.stack}`,
          [`${key.toUpperCase()}_KUBECONFIG`]: gate.kubeconfig,
        },
      },
    );
    await ok(team.up());
    const questions = () =>
      gate.requests.filter(({ method, path }) => method === "POST" && path.includes("serverstatusrequests"));

    await age(cluster, name, 50, 2);
    const asked = questions().length;
    await expectNoDrift(platform);
    await expectNoDrift(team);
    // Another sign of life is enough: nothing is written for it.
    expect(questions()).toHaveLength(asked);

    await age(cluster, name, 50, 50);
    await expectNoDrift(platform);
    await expectNoDrift(team);
    expect(questions()).toHaveLength(asked + 1);
    expect(
      await cluster.kubernetes.list("/apis/velero.io/v1/namespaces/velero/serverstatusrequests"),
    ).toEqual([]);

    await cluster.velero.stop();
    try {
      await age(cluster, name, 50, 50);
      const refreshed = await ok(platform.refresh());
      const words = new RegExp(
        `^BackupStorageLocation velero/${name} in cluster "${key}" was not validated since .*, no location there was ` +
          "validated or synced since .*, and Velero's server does not answer: is it still running\\?$",
      );
      expect(outputsOf(refreshed, `primary-${key}`)).toMatchObject({
        health: "Unknown",
        message: expect.stringMatching(words),
      });
      expect(outputsOf(await ok(team.refresh()), "nightly")).toMatchObject({
        health: "Unknown",
        message: expect.stringMatching(words),
      });
    } finally {
      await cluster.velero.start();
    }
    await ok(team.up());
    await ok(platform.up());
    await expectNoDrift(team);
    await ok(team.destroy());
  });
});
