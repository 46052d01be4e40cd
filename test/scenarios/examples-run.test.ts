import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test, type TestContext } from "vitest";
import { Runner } from "../engine/runner.ts";
import { settingsOf } from "../fixtures/settings-of.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { locationByHand } from "./location-by-hand.ts";
import { liveObject, ownerOf, resourceList } from "./observe.ts";
import { contentsOf, namespaceIn, ok, outputsOf, restorePath } from "./restore-stack.ts";
import { kubeconfigForPrograms } from "./kubeconfig-for-programs.ts";
import { stepsOf, veleroPath } from "./stack.ts";

const examples = path.join(import.meta.dirname, "../../examples");

describeOnSandbox("On real servers", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  interface Setting {
    bucket: string;
    /** Beside those of the sandbox: `namespace`, … */
    settings?: Record<string, string>;
    backend?: Runner;
  }

  /** The stack of an example, with the settings that its README names; gone after the test. */
  async function example({ onTestFinished }: TestContext, name: string, setting: Setting): Promise<Runner> {
    const { bucket, settings = {}, backend } = setting;
    const runner = new Runner({
      program: path.join(examples, name),
      stack: uniqueName("dev"),
      config: configOf(name, { ...(await settingsOn(sandbox, bucket)), ...settings }),
      ...(backend && { backend }),
    });
    onTestFinished(async () => {
      await runner.destroy();
      await runner.dispose();
    }, 60_000);
    return runner;
  }

  async function shopInEast(): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 8 });
    return shop;
  }

  /** Namespaces by the names that examples have. */
  async function namespacesNamed(cluster: typeof east, names: string[]): Promise<void> {
    for (const name of names) {
      const metadata = { name };
      await cluster.kubernetes.create("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata,
      });
      await seedNamespace(cluster, name, { objects: 4 });
    }
  }

  // Side by side: what they wait for is mostly that Velero looks into a bucket, once a minute.
  test.concurrent("examples/team backs up into the location of examples/platform, and examples/disaster-recovery restores that from the bucket alone", async (context) => {
    const shop = await shopInEast();
    const bucket = await sandbox.minio.createBucket("platform");
    const platform = await example(context, "platform", { bucket });
    await ok(platform.up());
    const reference = `organization/${platform.project}/${platform.stack}`;
    const team = await example(context, "team", {
      bucket,
      settings: { namespace: shop, platformStack: reference },
      backend: platform,
    });
    const { backupName: backup } = (await ok(team.up())).outputs;
    expect((await liveObject(east, "backups", backup)).status).toMatchObject({ phase: "Completed" });
    const stored = await resourceList(sandbox, bucket, "east", backup);
    expect(stored["v1/ConfigMap"]).toEqual(expect.arrayContaining([`${shop}/app-1`, `${shop}/app-2`]));

    const rescue = await example(context, "disaster-recovery", {
      bucket,
      settings: { freshKubeconfig: west.kubeconfig },
    });
    const back = await ok(rescue.up());
    expect(stepsOf(back).filter((step) => !step.startsWith("create "))).toEqual([]);
    expect(back.outputs).toMatchObject({ backupName: backup, failed: 0 });
    expect(await contentsOf(west, shop)).toEqual(await contentsOf(east, shop));
  }, 300_000);

  test.concurrent("examples/drill proves its first backup in another cluster, and leaves nothing there", async (context) => {
    const shop = await shopInEast();
    const bucket = await sandbox.minio.createBucket("drill");
    const drill = await example(context, "drill", {
      bucket,
      settings: { namespace: shop, drKubeconfig: west.kubeconfig },
    });
    const up = await ok(drill.up());
    expect((await liveObject(east, "backups", up.outputs["proven"])).status).toMatchObject({
      phase: "Completed",
    });
    expect(up.outputs["verified"]).toBeGreaterThanOrEqual(8);
    const restore = await west.kubernetes.get(restorePath(outputsOf(up, "drill")["restoreName"]));
    expect(restore?.spec?.["namespaceMapping"]).toEqual({ [shop]: `${shop}-drill` });
    expect(restore?.status).toMatchObject({ phase: "Completed" });
    expect(await namespaceIn(west, `${shop}-drill`)).toBeUndefined();
  }, 300_000);

  test.concurrent("examples/quickstart, workspace and look-ups back up the namespaces that they name", async (context) => {
    await namespacesNamed(east, ["shop", "payments-api", "payments-test"]);
    await namespacesNamed(west, ["payments-web"]);
    const bucketOf = (name: string) => sandbox.minio.createBucket(name);
    const dr = { drKubeconfig: west.kubeconfig };
    const runs = await Promise.all([
      example(context, "quickstart", { bucket: await bucketOf("quickstart"), settings: dr }),
      example(context, "workspace", { bucket: await bucketOf("workspace") }),
      example(context, "look-ups", { bucket: await bucketOf("look-ups") }),
    ]);
    const [quickstart, workspace, lookUps] = await Promise.all(runs.map((runner) => ok(runner.up())));
    const { backup } = quickstart?.outputs ?? {};
    expect((await liveObject(east, "backups", backup)).status).toMatchObject({ phase: "Completed" });
    expect(workspace?.outputs).toMatchObject({
      phase: "Enabled",
      newest: [expect.stringMatching(/^east: /), expect.stringMatching(/^west: /)],
    });
    expect(lookUps?.outputs).toMatchObject({ kept: [], newest: expect.stringMatching(/^20\d\d-/) });
    expect(String(lookUps?.outputs["usedBy"])).toContain("ClusterBackup nightly");
  }, 300_000);

  test.concurrent("examples/adopt takes over a location and a Schedule that somebody has made by hand", async (context) => {
    const shop = await shopInEast();
    const { bucket, name: location } = await locationByHand(sandbox, east);
    const schedule = uniqueName("nightly");
    const template = { storageLocation: location, includedNamespaces: [shop], ttl: "24h" };
    await east.kubernetes.create(veleroPath("schedules"), {
      apiVersion: "velero.io/v1",
      kind: "Schedule",
      metadata: { name: schedule, namespace: "velero" },
      spec: { schedule: "0 3 29 2 *", skipImmediately: true, template },
    });
    const settings = { namespace: shop, location, schedule, prefix: "prod/eu" };
    const adopt = await example(context, "adopt", { bucket, settings });
    const up = await ok(adopt.up());
    expect(up.outputs["scheduleName"]).toBe(schedule);
    const taken = await liveObject(east, "schedules", schedule);
    expect(ownerOf(taken)).toContain("velero:ClusterBackup::nightly");
    expect(taken.spec).toMatchObject({ schedule: "0 2 * * *", template: { ttl: "720h" } });
    expect(ownerOf(await liveObject(east, "backupstoragelocations", location))).toContain("::primary-east");
    await ok(adopt.preview({ expectNoChanges: true }));
  }, 300_000);
});

/** Those settings that the program reads, secret where it wants them secret. */
function configOf(name: string, values: Record<string, string>): Record<string, string | { secret: string }> {
  const reads = settingsOf(readFileSync(path.join(examples, name, "index.ts"), "utf8"));
  return Object.fromEntries(
    reads.flatMap(({ key, secret }) => {
      const value = values[key];
      return value === undefined ? [] : [[key, secret ? { secret: value } : value]];
    }),
  );
}

async function settingsOn({ minio, clusters }: Sandbox, bucket: string): Promise<Record<string, string>> {
  const kubeconfigs = Object.values(clusters).map(async (cluster) => [
    `${cluster.name}Kubeconfig`,
    await kubeconfigForPrograms(cluster),
  ]);
  return {
    bucket,
    minioEndpoint: minio.endpoint,
    minioAccessKey: minio.accessKey,
    minioSecretKey: minio.secretKey,
    ...(Object.fromEntries(await Promise.all(kubeconfigs)) as Record<string, string>),
  };
}
