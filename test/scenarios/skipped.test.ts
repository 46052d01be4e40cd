import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { freePort } from "../sandbox/free-port.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const nightly = (cluster: string, more = "") => `
  new velero.ClusterBackup("nightly-${cluster}", {
    location, cluster: "${cluster}", schedule: "0 2 * * *", includedNamespaces: ["shop"], runNow: true, ${more}
  });
`;
const once = (cluster: string) => `
  new velero.ClusterBackup("once-${cluster}", { location, cluster: "${cluster}", includedNamespaces: ["shop"] });
`;
const locationIn = (clusters: string, options = 'onUnhealthy: "skip"') => `
  const edge = { kubeconfig: { env: "EDGE_KUBECONFIG" } };
  const location = new velero.BackupLocation("primary", {
    storage, clusters: { ${clusters} }, ${options}
  });
`;
const program = (keys: string[], { options, more }: { options?: string; more?: string } = {}) =>
  locationIn(keys.join(", "), options) + keys.map((key) => nightly(key, more) + once(key)).join("");
const impatient = 'onUnhealthy: "skip", timeouts: { create: "10s" }';
const all = ["east", "west", "edge"];
const namesOf = (cluster: string) => [`primary-${cluster}`, `nightly-${cluster}`, `once-${cluster}`];

// A sandbox of its own, whose servers it stops.
describeOnSandbox('With onUnhealthy "skip"', () => {
  vi.setConfig({ testTimeout: 240_000 });
  let sandbox: Sandbox;
  let west: SandboxCluster;
  let nowhere: string;

  beforeAll(async () => {
    sandbox = await startSandbox();
    west = sandbox.cluster("west");
    await Promise.all(
      Object.values(sandbox.clusters).map((cluster) => seedNamespace(cluster, "shop", { objects: 4 })),
    );
    nowhere = west.kubeconfig.replace(west.server, `https://127.0.0.1:${await freePort()}`);
  });
  afterAll(() => sandbox.stop());

  const begin = (body: string, kubeconfig = nowhere) =>
    passingStack(sandbox, body, { env: { EDGE_KUBECONFIG: kubeconfig } });
  const outputsOf = (run: RunResult, names: string[]) =>
    names.map((name) => resourceIn(run, name).outputs ?? {});
  const healthOf = (run: RunResult, names: string[]) =>
    outputsOf(run, names).map(({ health }) => health as unknown);

  async function ok(run: Promise<RunResult>): Promise<RunResult> {
    const result = await run;
    expect(result.ok, messagesOf(result)).toBe(true);
    return result;
  }

  async function expectCleanDestroy(stack: Stack): Promise<void> {
    await ok(stack.destroy());
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }

  async function reviveWest(): Promise<void> {
    await west.api.start();
    await waitUntil("Velero's kinds are served", () =>
      west.kubernetes.list(veleroPath("backupstoragelocations")),
    );
    // One that lost its API server for a while finds back to it only after a minute.
    await west.velero.restart();
  }

  test("a cluster that never answers is left Unhealthy and told, and the others are made", async () => {
    const stack = await begin(program(all));
    const up = await ok(stack.up());
    for (const { health, message, unfinished } of outputsOf(up, namesOf("edge"))) {
      expect(health).toBe("Unhealthy");
      expect(message).toMatch(/cluster "edge" does not answer at https:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
      expect(unfinished).toBe(message);
    }
    expect(messagesOf(up)).toMatch(/primary-edge: warning: skipped .*cluster "edge" does not answer/);
    expect(messagesOf(up)).toContain("once-edge: warning: skipped like its location primary-edge");
    for (const cluster of ["east", "west"]) {
      expect(healthOf(up, namesOf(cluster))).toEqual(["Healthy", "Healthy", "Healthy"]);
      expect(await dataKeys(sandbox, stack.bucket, `${cluster}/`)).not.toEqual([]);
    }

    const preview = await ok(stack.preview());
    const changes = stepsOf(preview).filter((step) => !step.startsWith("same"));
    expect(changes.toSorted()).toEqual(
      namesOf("edge")
        .map((name) => `update ${name}`)
        .toSorted(),
    );
    expect((await stack.refresh({ previewOnly: true, expectNoChanges: true })).ok).toBe(false);
    const refresh = await ok(stack.refresh());
    expect(healthOf(refresh, namesOf("edge"))).toEqual(["Unknown", "Unknown", "Unknown"]);
    expect(healthOf(refresh, namesOf("east"))).toEqual(["Healthy", "Healthy", "Healthy"]);

    const again = await ok(stack.up());
    expect(healthOf(again, namesOf("edge"))).toEqual(["Unhealthy", "Unhealthy", "Unhealthy"]);
    await expectCleanDestroy(stack);
  });

  test("what is wrong by declaration, or refused by the store, fails all the same", async () => {
    const stack = await begin(program(["east", "edge"]), west.kubeconfig.replace(west.token, "expired"));
    const token = await stack.up();
    expect(complaintsIn(token).join("\n")).toMatch(
      /^clusters\.edge\.kubeconfig: cluster "edge" does not accept/,
    );
    const keys = await stack.up({ env: { MINIO_SECRET_KEY: "wrong-secret", EDGE_KUBECONFIG: nowhere } });
    expect(complaintsIn(keys).join("\n")).toMatch(/^storage\.minio\.credentials.*SignatureDoesNotMatch/);
    stack.change(program(["east"]));
    await ok(stack.up());
    await expectCleanDestroy(stack);
  });

  test("a cluster that comes back is finished by the next up", async () => {
    await west.api.stop();
    const stack = await begin(program(["east", "west"]));
    const up = await ok(stack.up()).finally(reviveWest);
    expect(healthOf(up, namesOf("west"))).toEqual(["Unhealthy", "Unhealthy", "Unhealthy"]);
    const meanwhile = await ok(stack.refresh());
    expect(healthOf(meanwhile, namesOf("west"))).toEqual(["Unhealthy", "Unhealthy", "Unhealthy"]);

    const done = await ok(stack.up());
    for (const { health, message, unfinished } of outputsOf(done, namesOf("west")))
      expect([health, message, unfinished]).toEqual(["Healthy", undefined, undefined]);
    expect(await veleroObjects(west, "backups", stack), "one each").toHaveLength(2);
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    await expectCleanDestroy(stack);
  });

  test("a change that could not be made stays undone in the outputs until it is", async () => {
    const stack = await begin(program(["east", "west"]));
    const before = outputsOf(await ok(stack.up()), namesOf("west"));
    await west.api.stop();
    stack.change(program(["east", "west"], { more: 'ttl: "48h",' }));
    const up = await ok(stack.up()).finally(reviveWest);
    expect(outputsOf(up, ["nightly-east"])).toMatchObject([{ ttl: "48h", health: "Healthy" }]);
    const { message } = resourceIn(up, "nightly-west").outputs ?? {};
    expect(message).toContain('cluster "west" does not answer');
    expect(resourceIn(up, "nightly-west").outputs).toEqual({
      ...before[1],
      health: "Unhealthy",
      message,
      unfinished: message,
    });
    expect(healthOf(up, ["primary-west", "once-west"]), "nothing was asked of them").toEqual([
      "Healthy",
      "Healthy",
    ]);

    const done = await ok(stack.up());
    expect(outputsOf(done, ["nightly-west"])).toMatchObject([{ ttl: "48h", health: "Healthy" }]);
    const [schedule] = await veleroObjects(west, "schedules", stack);
    expect(schedule?.spec?.["template"]).toMatchObject({ ttl: "48h" });
    await ok(stack.up({ expectNoChanges: true }));
    await expectCleanDestroy(stack);
  });

  test("a Velero that is silent is left Unhealthy in those words, and what hangs on it does not try", async () => {
    const stack = await begin(program(["east", "west"], { options: impatient }));
    await west.velero.stop();
    const up = await ok(stack.up()).finally(() => west.velero.start());
    expect(healthOf(up, namesOf("east"))).toEqual(["Healthy", "Healthy", "Healthy"]);
    for (const { health, message } of outputsOf(up, namesOf("west"))) {
      expect(health).toBe("Unhealthy");
      expect(message).toMatch(
        /BackupStorageLocation velero\/\S+ in cluster "west" is not looked at by any Velero/,
      );
    }
    expect(await veleroObjects(west, "schedules", stack)).toEqual([]);
    expect(up.durationMs).toBeLessThan(90_000);

    const done = await ok(stack.up());
    expect(healthOf(done, namesOf("west"))).toEqual(["Healthy", "Healthy", "Healthy"]);
    await ok(stack.up({ expectNoChanges: true }));
    await expectCleanDestroy(stack);
  });

  test("what a new place replaces stays while that place is not whole", async () => {
    const stack = await begin(locationIn("west") + nightly("west"));
    await ok(stack.up());
    const [old] = await veleroObjects(west, "backupstoragelocations", stack);
    await west.velero.stop();
    const elsewhere = 'west: { ...west, prefix: "elsewhere" }';
    stack.change(locationIn(elsewhere, impatient) + nightly("west"));
    const up = await stack.up().finally(() => west.velero.start());
    expect(complaintsIn(up).join("\n")).toMatch(
      /BackupStorageLocation velero\/\S+ in cluster "west" is kept, since what replaces it was skipped: .*not looked at by any Velero/,
    );
    const names = (await veleroObjects(west, "backupstoragelocations", stack)).map(
      ({ metadata }) => metadata.name,
    );
    expect(names).toContain(old?.metadata.name);
    expect(await veleroObjects(west, "schedules", stack)).toMatchObject([
      { spec: { template: { storageLocation: old?.metadata.name } } },
    ]);

    await ok(stack.up());
    const now = await veleroObjects(west, "backupstoragelocations", stack);
    expect(now).toHaveLength(1);
    expect(await veleroObjects(west, "schedules", stack)).toMatchObject([
      { spec: { template: { storageLocation: now[0]?.metadata.name } } },
    ]);
    await expectCleanDestroy(stack);
  });
});
