import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { PropertyMap } from "../engine/provider-host.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { startBlackHole } from "./fifty/black-hole.ts";
import { type Fleet, startFleet } from "./fifty/fleet.ts";
import { boundOf, measureSideBySide, timed, warmUp } from "./fifty/measure.ts";
import { createInPart, type Host, startHost, workspaceOver } from "./fifty/workspace-in-host.ts";
import { passingStack } from "./observe.ts";
import { expectNoDrift, ok, type Parts, workspaceIn } from "./workspace-stack.ts";

const COUNT = 50;

// A sandbox of its own, on whose one API server fifty clusters are played.
describeOnSandbox("A WorkspaceBackup over fifty clusters", (sandbox) => {
  let own: Sandbox;
  let cluster: SandboxCluster;
  let fleet: Fleet;
  let host: Host;

  beforeAll(async () => {
    own = await startSandbox({ clusters: ["fleet"] });
    cluster = own.cluster("fleet");
    fleet = await startFleet(cluster, COUNT);
    host = startHost();
    await warmUp(host, fleet);
  });
  afterAll(async () => {
    await host?.stop();
    fleet?.velero.stop();
    await own?.stop();
  });

  const partsOf = (outputs: object): Parts => (outputs as { byCluster: Parts }).byCluster;
  const backupsIn = async () =>
    (await cluster.kubernetes.list("/apis/velero.io/v1/backups")).map(
      ({ metadata }) => `${metadata.namespace} ${metadata.name}`,
    );

  /** Other tests only ever make it slower, so that the fastest of three rounds counts. All else holds in each of them. */
  async function expectInTime(round: () => Promise<{ took: number; bound: number }>): Promise<void> {
    const late: string[] = [];
    while (late.length < 3) {
      const { took, bound } = await round();
      if (took < bound) return;
      late.push(`${took} ms of ${bound}`);
    }
    expect.fail(`no round was in time: ${late.join(", ")}`);
  }

  test("takes no longer than its slowest cluster does alone, and a tenth and half a second", async () => {
    await expectInTime(async () => {
      const before = await backupsIn();
      const { alone, all } = await measureSideBySide(host, fleet, `round-${before.length}`);
      expect(alone.wallClock).toBeGreaterThan(10_000);
      expect(all.result).toMatchObject({
        phase: "Completed",
        health: "Healthy",
        itemsBackedUp: COUNT * 100,
      });
      const taken = [alone.result, all.result]
        .flatMap((outputs) => Object.entries(partsOf(outputs)))
        .map(([key, { backupName }]) => `velero-${key.slice(1)} ${String(backupName)}`);
      expect(taken).toHaveLength(COUNT + 1);
      expect((await backupsIn()).filter((name) => !before.includes(name)).toSorted()).toEqual(
        taken.toSorted(),
      );
      return { took: all.milliseconds, bound: boundOf(alone.milliseconds) };
    });
  }, 300_000);

  test("of which one more swallows what is sent to it waits no longer than for that one alone, and has all others", async () => {
    await expectInTime(async () => {
      fleet.pace(2_000, 10_000);
      const hole = await startBlackHole();
      onTestFinished(() => hole.stop());
      const kubeconfig = cluster.kubeconfig.replace(cluster.server, `https://127.0.0.1:${hole.port}`);
      const lost = (key: string) => ({ [key]: fleet.reach(["c01"], kubeconfig)["c01"]! });
      const createOver = (backups: number, reach: PropertyMap) =>
        timed(fleet, { backups, pid: process.pid }, () =>
          createInPart("WorkspaceBackup", `lost-${hole.port}-${backups}`, workspaceOver(reach)),
        );
      const alone = await createOver(0, lost("nowhere"));
      expect(alone.result.reasons).toEqual([expect.stringContaining('cluster "nowhere" does not answer')]);
      expect(alone.result.properties).toEqual({});

      const all = await createOver(COUNT, { ...fleet.reach(fleet.keys), ...lost("hole") });
      const { reasons, properties } = all.result;
      expect(reasons).toEqual([
        expect.stringContaining("1 of 51 clusters failed (hole)"),
        expect.stringContaining('cluster "hole" does not answer'),
      ]);
      expect(properties).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
      const { hole: failed, ...others } = partsOf(properties);
      expect(failed).toMatchObject({ health: "Unhealthy", message: reasons[1] });
      expect(Object.keys(others)).toEqual(fleet.keys);
      for (const part of Object.values(others))
        expect(part).toMatchObject({ phase: "Completed", health: "Healthy", backupName: expect.any(String) });
      return { took: all.milliseconds, bound: boundOf(Math.max(10_000, alone.wallClock)) };
    });
  }, 300_000);

  test("is one of a stack that knows them by a handle, and works on no more at a time than `parallel` says", async () => {
    fleet.pace(1_000, 1_000);
    const stack = await passingStack(
      sandbox,
      `
      const connection = { kubeconfig: { env: "FLEET_KUBECONFIG" } };
      const handle = JSON.parse(process.env.FLEET_HANDLE);
      const location = velero.locationFrom("location", handle, {
        clusters: Object.fromEntries(Object.keys(handle.clusters).map((key) => [key, connection])),
      });
      new velero.WorkspaceBackup("payments", {
        location, clusters: "all", includedNamespaces: ["default"], volumes: "none", parallel: 20,
      });
      `,
      {
        bucket: "not-used",
        env: { FLEET_KUBECONFIG: cluster.kubeconfig, FLEET_HANDLE: JSON.stringify(fleet.handle) },
      },
    );
    const before = await backupsIn();
    let most = 0;
    fleet.velero.onBackup = ({ begun, ended }) => void (most = Math.max(most, begun - ended));
    const { outputs, parts } = workspaceIn(await ok(stack.up()));
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", itemsBackedUp: COUNT * 100 });
    expect(Object.keys(parts)).toEqual(fleet.keys);
    expect(await backupsIn()).toHaveLength(before.length + COUNT);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
    await expectNoDrift(stack);
  });
});
