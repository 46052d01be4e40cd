import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { freePort } from "../sandbox/free-port.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { dataKeys } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const nightly = (cluster: string, { location = "primary", more = "" } = {}) => `
  new velero.ClusterBackup("nightly-${location}-${cluster}", {
    location: ${location}, cluster: "${cluster}", schedule: "0 2 * * *", includedNamespaces: ["shop"], runNow: true, ${more}
  });`;
const once = (cluster: string, location = "primary") => `
  new velero.ClusterBackup("once-${location}-${cluster}", {
    location: ${location}, cluster: "${cluster}", includedNamespaces: ["shop"],
  });`;
const locationIn = (clusters: string, { name = "primary", more = "" } = {}) => `
  const ${name} = new velero.BackupLocation("${name}", {
    storage, clusters: { ${clusters} }, onUnhealthy: "skip", ${more}
  });`;
const program = (keys: string[], more = "") => `
  const edge = { kubeconfig: { env: "EDGE_KUBECONFIG" } };
  ${locationIn(keys.join(", "))} ${keys.map((key) => nightly(key, { more }) + once(key)).join("")}`;
const impatient = 'timeouts: { create: "10s" }';
const namesOf = (cluster: string, location = "primary") => [
  `${location}-${cluster}`,
  `nightly-${location}-${cluster}`,
  `once-${location}-${cluster}`,
];

// A sandbox of its own, whose servers it stops.
describeOnSandbox('With onUnhealthy "skip"', () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox();
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
    await Promise.all([east, west].map((cluster) => seedNamespace(cluster, "shop", { objects: 4 })));
  });
  afterAll(() => sandbox.stop());

  const found = (run: RunResult, ...names: string[]) => names.map((name) => outputsOf(run, name));
  const expectHealth = (run: RunResult, names: string[], health: string) =>
    expect(found(run, ...names), names.join()).toMatchObject(names.map(() => ({ health })));

  async function reviveWest(): Promise<void> {
    await west.api.start();
    await waitUntil("Velero's kinds are served", () =>
      west.kubernetes.list(veleroPath("backupstoragelocations")),
    );
    // One that lost its API server for a while finds back to it only after a minute.
    await west.velero.restart();
  }

  test("an unhealthy cluster costs a warning and no other cluster, is finished when it is back, and loses nothing till then", async () => {
    const nowhere = west.kubeconfig.replace(west.server, `https://127.0.0.1:${await freePort()}`);
    const stack = await stackOn(sandbox, program(["edge"]), { env: { EDGE_KUBECONFIG: nowhere } });

    // What is wrong by declaration, or refused by the store, fails all the same.
    const expired = { EDGE_KUBECONFIG: west.kubeconfig.replace(west.token, "expired") };
    expect(complaintsIn(await stack.up({ env: expired })).join("\n")).toMatch(
      /^clusters\.edge\.kubeconfig: cluster "edge" does not accept/,
    );
    expect(complaintsIn(await stack.up({ env: { MINIO_SECRET_KEY: "wrong" } })).join("\n")).toMatch(
      /^storage\.minio\.credentials.*SignatureDoesNotMatch/,
    );

    stack.change(program(["east", "west", "edge"]));
    await west.api.stop();
    const first = await ok(stack.up()).finally(reviveWest);
    for (const cluster of ["west", "edge"])
      for (const { health, message, unfinished } of found(first, ...namesOf(cluster))) {
        expect(health).toBe("Unhealthy");
        expect(message).toMatch(
          new RegExp(`cluster "${cluster}" does not answer at https://127\\.0\\.0\\.1:\\d+: .*ECONNREFUSED`),
        );
        expect(unfinished).toBe(message);
      }
    expect(messagesOf(first)).toMatch(/primary-edge: warning: skipped .*cluster "edge" does not answer/);
    expect(messagesOf(first)).toContain("once-primary-edge: warning: skipped like its location primary-edge");
    expectHealth(first, namesOf("east"), "Healthy");
    expect(await dataKeys(sandbox, stack.bucket, "east/")).not.toEqual([]);

    // West is back by now, and whatever it lacks is left to an up.
    const changes = stepsOf(await ok(stack.preview())).filter((step) => !step.startsWith("same"));
    expect(changes.toSorted()).toEqual(
      [...namesOf("edge"), ...namesOf("west")].map((name) => `update ${name}`).toSorted(),
    );
    const refresh = await ok(stack.refresh());
    expectHealth(refresh, namesOf("edge"), "Unknown");
    expectHealth(refresh, namesOf("west"), "Unhealthy");
    expectHealth(refresh, namesOf("east"), "Healthy");
    const second = await ok(stack.up());
    expectHealth(second, namesOf("edge"), "Unhealthy");
    for (const { health, message, unfinished } of found(second, ...namesOf("west")))
      expect([health, message, unfinished]).toEqual(["Healthy", undefined, undefined]);
    expect(await veleroObjects(west, "backups", stack), "one each").toHaveLength(2);

    // A change that could not be made stays undone in the outputs until it is.
    await west.api.stop();
    stack.change(program(["east", "west"], 'ttl: "48h",'));
    const third = await ok(stack.up()).finally(reviveWest);
    expect(outputsOf(third, "nightly-primary-east")).toMatchObject({ ttl: "48h", health: "Healthy" });
    const { message } = outputsOf(third, "nightly-primary-west");
    expect(message).toContain('cluster "west" does not answer');
    expect(outputsOf(third, "nightly-primary-west")).toEqual({
      ...outputsOf(second, "nightly-primary-west"),
      health: "Unhealthy",
      message,
      unfinished: message,
    });
    expectHealth(third, ["primary-west", "once-primary-west"], "Healthy");
    const longer = { more: 'ttl: "48h",' };
    const rest = nightly("east", longer) + once("east") + nightly("west", longer);
    stack.change(locationIn("east, west") + rest);
    const fourth = await ok(stack.up());
    expect(outputsOf(fourth, "nightly-primary-west")).toMatchObject({ ttl: "48h", health: "Healthy" });
    const [schedule] = await veleroObjects(west, "schedules", stack);
    expect(schedule?.spec?.["template"]).toMatchObject({ ttl: "48h" });
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    // Under a silent Velero what is new is left Unhealthy, and what a new place replaces stays.
    const [old] = await veleroObjects(west, "backupstoragelocations", stack);
    await west.velero.stop();
    stack.change(
      locationIn('east, west: { ...west, prefix: "elsewhere" }', { more: impatient }) +
        rest +
        locationIn('west: { ...west, prefix: "second" }', { name: "second", more: impatient }) +
        nightly("west", { location: "second" }) +
        once("west", "second"),
    );
    const silent = await stack.up().finally(() => west.velero.start());
    expect(complaintsIn(silent).join("\n")).toMatch(
      /BackupStorageLocation velero\/\S+ in cluster "west" is kept, since what replaces it was skipped: .*not looked at by any Velero/,
    );
    for (const { health, message } of found(silent, ...namesOf("west", "second"))) {
      expect(health).toBe("Unhealthy");
      expect(message).toMatch(
        /BackupStorageLocation velero\/\S+ in cluster "west" is not looked at by any Velero/,
      );
    }
    expectHealth(silent, namesOf("east"), "Healthy");
    expect(silent.durationMs).toBeLessThan(120_000);
    const namesNow = async (kind: "backupstoragelocations" | "schedules") =>
      (await veleroObjects(west, kind, stack)).map(({ metadata, spec }) =>
        kind === "schedules"
          ? (spec?.["template"] as { storageLocation?: string } | undefined)?.storageLocation
          : metadata.name,
      );
    expect(await namesNow("backupstoragelocations")).toContain(old?.metadata.name);
    expect(await namesNow("schedules")).toEqual([old?.metadata.name]);

    const done = await ok(stack.up());
    expectHealth(done, [...namesOf("west").slice(0, 2), ...namesOf("west", "second")], "Healthy");
    const locations = await namesNow("backupstoragelocations");
    expect(locations).toHaveLength(2);
    expect(locations).not.toContain(old?.metadata.name);
    expect((await namesNow("schedules")).toSorted()).toEqual(locations.toSorted());
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.destroy());
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }, 420_000);
});
