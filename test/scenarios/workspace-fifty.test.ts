import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { startBlackHole } from "./fifty/black-hole.ts";
import { type Fleet, startFleet } from "./fifty/fleet.ts";
import { boundOf, measureSideBySide, warmUp } from "./fifty/measure.ts";
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
    fleet?.stop();
    await own?.stop();
  });

  const partsOf = (outputs: object): Parts => (outputs as { byCluster: Parts }).byCluster;
  const backupsIn = async () =>
    (await cluster.kubernetes.list("/apis/velero.io/v1/backups")).map(
      ({ metadata }) => `${metadata.namespace} ${metadata.name}`,
    );

  // Other tests take their share of the machine, and only ever make it slower: one round of three has to do it.
  test(
    "takes no longer than its slowest cluster does alone, and a tenth and half a second",
    { retry: 2 },
    async () => {
      const before = await backupsIn();
      const { alone, all, bound } = await measureSideBySide(host, fleet, `round-${before.length}`);
      expect(alone.milliseconds).toBeGreaterThan(10_000);
      expect(all.outputs).toMatchObject({
        phase: "Completed",
        health: "Healthy",
        itemsBackedUp: COUNT * 100,
      });
      const taken = [...Object.entries(partsOf(alone.outputs)), ...Object.entries(partsOf(all.outputs))].map(
        ([key, { backupName }]) => `velero-${key.slice(1)} ${String(backupName)}`,
      );
      expect(taken).toHaveLength(COUNT + 1);
      expect((await backupsIn()).filter((name) => !before.includes(name)).toSorted()).toEqual(
        taken.toSorted(),
      );
      expect(all.milliseconds).toBeLessThan(bound);
    },
  );

  test("of which one more swallows what is sent to it waits no longer than for that one alone, and has all others", async () => {
    fleet.pace(2_000, 10_000);
    const hole = await startBlackHole();
    onTestFinished(() => hole.stop());
    const kubeconfig = cluster.kubeconfig.replace(cluster.server, `https://127.0.0.1:${hole.port}`);
    const lost = (key: string) => ({ [key]: fleet.reach(["c01"], kubeconfig)["c01"]! });
    const alone = await createInPart("WorkspaceBackup", "lost", workspaceOver(lost("nowhere")));
    expect(alone.reasons).toEqual([expect.stringContaining('cluster "nowhere" does not answer')]);
    expect(alone.properties).toEqual({});

    const reach = { ...fleet.reach(fleet.keys), ...lost("hole") };
    const all = await createInPart("WorkspaceBackup", "fifty-one", workspaceOver(reach));
    expect(all.reasons).toEqual([
      expect.stringContaining("1 of 51 clusters failed (hole)"),
      expect.stringContaining('cluster "hole" does not answer'),
    ]);
    expect(all.properties).toMatchObject({ phase: "PartiallyFailed", health: "Unhealthy" });
    const { hole: failed, ...others } = partsOf(all.properties);
    expect(failed).toMatchObject({ health: "Unhealthy", message: all.reasons[1] });
    expect(Object.keys(others)).toEqual(fleet.keys);
    for (const part of Object.values(others))
      expect(part).toMatchObject({ phase: "Completed", health: "Healthy", backupName: expect.any(String) });
    expect(all.milliseconds).toBeLessThan(boundOf(Math.max(10_000, alone.milliseconds)));
  });

  test("is one of a stack that knows them by a handle, and works on no more at a time than `parallel` says", async () => {
    fleet.pace(1_000, 1_000);
    const stack = await passingStack(
      sandbox,
      `
      const connection = { kubeconfig: { env: "FLEET_KUBECONFIG" } };
      const handle = JSON.parse(process.env.FLEET_HANDLE);
      const location = velero.locationFrom(handle, {
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
    fleet.mostAtOnce();
    const { outputs, parts } = workspaceIn(await ok(stack.up()));
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy", itemsBackedUp: COUNT * 100 });
    expect(Object.keys(parts)).toEqual(fleet.keys);
    expect(await backupsIn()).toHaveLength(before.length + COUNT);
    const most = fleet.mostAtOnce();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
    await expectNoDrift(stack);
  });
});
