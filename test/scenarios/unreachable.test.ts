import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, passingStack, secretOf } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects, veleroPath, stackOn } from "./stack.ts";
import { ok } from "./workspace-stack.ts";

const backups = (cluster: string) => `
  new velero.ClusterBackup("nightly-${cluster}", {
    location, cluster: "${cluster}", schedule: "0 2 * * *", includedNamespaces: [process.env.SHOP],
  });
  exports.${cluster} = new velero.ClusterBackup("once-${cluster}", {
    location, cluster: "${cluster}", includedNamespaces: [process.env.SHOP],
  }).backupName;
`;
const program = (clusters: string, ...keys: string[]) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { ${clusters} } });
  ${keys.map(backups).join("")}
`;
const both = program("east, west", "east", "west");
const eastern = ["primary-east", "nightly-east", "once-east"];
const western = ["primary-west", "nightly-west", "once-west"];

// A sandbox of its own: these tests stop servers that all others need.
describeOnSandbox("Where servers are down,", () => {
  vi.setConfig({ testTimeout: 240_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let shop: string;

  beforeAll(async () => {
    sandbox = await startSandbox();
    east = sandbox.cluster("east");
    shop = await createNamespace(east, "shop");
    await Promise.all(
      Object.values(sandbox.clusters).map((cluster) => seedNamespace(cluster, shop, { objects: 4 })),
    );
  });
  beforeEach(async () => {
    // A test that failed may have left something stopped.
    await reviveEast();
    // One that lost its API server for a while finds back to it only after a minute.
    await east.velero.restart();
  });
  afterAll(() => sandbox.stop());

  /** An API server that calls itself ready serves Velero's kinds a moment later. */
  async function reviveEast() {
    await east.api.start();
    await waitUntil("Velero's kinds are served", () =>
      east.kubernetes.list(veleroPath("backupstoragelocations")),
    );
  }

  async function stackWith(body: string) {
    const stack = await passingStack(sandbox, body, { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    return { stack, up };
  }
  const healthOf = (run: RunResult, names: string[]) =>
    names.map((name) => resourceIn(run, name).outputs?.["health"]);
  const namesIn = ({ state }: RunResult) =>
    (state.deployment.resources ?? [])
      .filter(({ custom }) => custom)
      .map(({ urn }) => urn.split("::").at(-1));

  test("a refresh keeps what it knows of a dead cluster, and looks after the others", async () => {
    const { stack, up } = await stackWith(both);
    await east.api.stop();
    const refresh = await stack.refresh();
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(healthOf(refresh, eastern)).toEqual(["Unknown", "Unknown", "Unknown"]);
    expect(healthOf(refresh, western)).toEqual(["Healthy", "Healthy", "Healthy"]);
    for (const name of eastern) {
      expect(resourceIn(refresh, name).outputs?.["message"]).toContain(
        'cluster "east" does not answer at https://',
      );
    }
    expect(resourceIn(refresh, "once-east").outputs?.["backupName"]).toBe(up.outputs["east"]);
    const drift = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(drift.ok, "a cluster that is still dead is no news").toBe(true);

    await reviveEast();
    const mended = await stack.up();
    expect(mended.ok, messagesOf(mended)).toBe(true);
    expect(mended.outputs).toEqual(up.outputs);
    expect(healthOf(mended, eastern)).toEqual(["Healthy", "Healthy", "Healthy"]);
    const fine = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(fine.ok, messagesOf(fine)).toBe(true);
  });

  test("a destroy says how to let go of a dead cluster, and holds on to it until then", async () => {
    const { stack } = await stackWith(both);
    const stored = await dataKeys(sandbox, stack.bucket, "east/");
    await east.api.stop();
    const refused = await stack.destroy();
    expect(refused.ok).toBe(false);
    const messages = messagesOf(refused);
    expect(messages).toContain('cluster "east" does not answer');
    for (const way of [
      "clusters.east with `offline: true`",
      "`deletedWith`",
      "PULUMI_VELERO_DELETE_UNREACHABLE=true",
    ]) {
      expect(messages).toContain(way);
    }
    expect(namesIn(refused)).toEqual(expect.arrayContaining(eastern));

    const gone = await stack.destroy({ env: { PULUMI_VELERO_DELETE_UNREACHABLE: "true" } });
    expect(gone.ok, messagesOf(gone)).toBe(true);
    expect(messagesOf(gone)).toMatch(/cluster "east":? cannot be reached; what it holds is left there/);
    expect(namesIn(gone)).toEqual([]);
    await reviveEast();
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    expect(await veleroObjects(sandbox.cluster("west"), "backupstoragelocations", stack)).toEqual([]);
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);
  });

  test("a dead cluster that is declared offline stays as it is, and is let go of by destroy", async () => {
    const { stack, up: before } = await stackWith(both);
    await east.api.stop();
    stack.change(program("east: { offline: true }, west", "east", "west"));
    const offline = await stack.up();
    expect(offline.ok, messagesOf(offline)).toBe(true);
    expect(
      stepsOf(offline)
        .filter((step) => !step.startsWith("same"))
        .toSorted(),
    ).toEqual(eastern.map((name) => `update ${name}`).toSorted());
    expect(offline.outputs).toEqual(before.outputs);
    expect(healthOf(offline, eastern)).toEqual(["Offline", "Offline", "Offline"]);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(namesIn(destroy)).toEqual([]);
  });

  test("a cluster that was offline for a while is taken up again where it was left", async () => {
    const { stack, up: before } = await stackWith(program("east", "east"));
    stack.change(program("east: { offline: true }", "east"));
    expect((await stack.up()).ok).toBe(true);
    stack.change(program("east", "east"));
    const back = await stack.up();
    expect(back.ok, messagesOf(back)).toBe(true);
    expect(back.outputs).toEqual(before.outputs);
    expect(healthOf(back, eastern)).toEqual(["Healthy", "Healthy", "Healthy"]);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(1);
  });

  test("a Velero that was reinstalled is missing all, which up makes again", async () => {
    const { stack, up: before } = await stackWith(program("east", "east"));
    const location = String(resourceIn(before, "primary-east").outputs?.["locationName"]);
    const stored = await dataKeys(sandbox, stack.bucket);
    await east.kubernetes.delete(veleroPath("backupstoragelocations", location));
    for (const kind of ["backups", "schedules"] as const) {
      for (const { metadata, spec } of await east.kubernetes.list(veleroPath(kind))) {
        if (JSON.stringify(spec).includes(location))
          await east.kubernetes.delete(veleroPath(kind, metadata.name));
      }
    }
    await east.kubernetes.delete(`/api/v1/namespaces/velero/secrets/${location}`);

    const refresh = await stack.refresh();
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
    expect(healthOf(refresh, eastern)).toEqual(["Missing", "Missing", "Missing"]);

    const mended = await stack.up();
    expect(mended.ok, messagesOf(mended)).toBe(true);
    expect(stepsOf(mended)).toEqual(expect.arrayContaining(eastern.map((name) => `update ${name}`)));
    expect(healthOf(mended, eastern)).toEqual(["Healthy", "Healthy", "Healthy"]);
    expect((await liveObject(east, "backupstoragelocations", location)).status?.["phase"]).toBe("Available");
    expect(await secretOf(east, location)).toBeDefined();
    expect(await veleroObjects(east, "schedules", stack)).toHaveLength(1);
    expect((await liveObject(east, "backups", mended.outputs["east"])).status?.["phase"]).toBe("Completed");
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(expect.arrayContaining(stored));
    const fine = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(fine.ok, messagesOf(fine)).toBe(true);
  });

  test("a dead Velero is told from a live one: no new location, no health of old validations, and a backup waits no longer than timeouts.create", async () => {
    const waiting = (timeouts: string) => `
      ${program("east", "east")}
      exports.late = new velero.ClusterBackup("late", {
        location, cluster: "east", includedNamespaces: [process.env.SHOP], ${timeouts}
      }).backupName;
      const elsewhere = { minio: { ...storage.minio, prefix: "elsewhere" } };
      new velero.BackupLocation("silent", { storage: elsewhere, clusters: { east }, ${timeouts} });`;
    const stack = await stackOn(sandbox, program("east", "east"), { env: { SHOP: shop } });
    const up = await ok(stack.up());
    const location = String(resourceIn(up, "primary-east").outputs?.["locationName"]);
    await east.velero.stop();
    stack.change(waiting('timeouts: { create: "6s" }'));
    const waited = await stack.up();
    expect(waited.ok).toBe(false);
    expect(messagesOf(waited)).toMatch(
      /Backup velero\/\S+ in cluster "east" did not finish within timeouts\.create \(6s\)/,
    );
    expect(messagesOf(waited)).toMatch(
      /BackupStorageLocation velero\/\S+ in cluster "east" is not looked at by any Velero/,
    );
    const begun = String(resourceIn(waited, "late").outputs?.["backupName"]);
    expect(await liveObject(east, "backups", begun)).toBeDefined();

    const old = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, "");
    await east.kubernetes.patch(veleroPath("backupstoragelocations", location), {
      status: { lastValidationTime: old },
    });
    const refresh = await ok(stack.refresh());
    expect(healthOf(refresh, ["primary-east"])).toEqual(["Unknown"]);
    expect(resourceIn(refresh, "primary-east").outputs?.["message"]).toContain(
      "is Velero's server still running?",
    );

    await east.velero.start();
    stack.change(waiting(""));
    const done = await ok(stack.up());
    expect(done.outputs["late"]).toBe(begun);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(2);
    expect(healthOf(done, ["primary-east", "silent-east", "late"])).toEqual(Array(3).fill("Healthy"));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
    await ok(stack.destroy());
  }, 300_000);
});
