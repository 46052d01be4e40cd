import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { liveObject } from "./observe.ts";
import { stepsOf, veleroObjects } from "./stack.ts";
import { expectNoDrift, foldersIn, ok, upWith, workspace, workspaceStack } from "./workspace-stack.ts";

describeOnSandbox("A WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("taken now is one backup in each cluster, and one phase for all of them", async () => {
    const stack = await workspaceStack(sandbox, workspace());
    const { up, outputs, parts } = await upWith(stack);
    expect(up.outputs["phase"]).toBe("Completed");
    expect(outputs).toMatchObject({ health: "Healthy", errors: 0 });
    for (const cluster of [east, west]) {
      const part = parts[cluster.name];
      expect(part).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(part?.["backupName"]).toMatch(new RegExp(`^payments-${cluster.name}-`));
      expect(await foldersIn(sandbox, stack, cluster.name)).toEqual([part?.["backupName"]]);
      expect(await liveObject(cluster, "backups", part?.["backupName"])).toMatchObject({
        status: { phase: "Completed" },
      });
    }
    await expectNoDrift(stack);
    await ok(stack.destroy());
    expect(await foldersIn(sandbox, stack, "east")).toHaveLength(1);
  });

  test("a cluster that comes is made, one that is taken out of the list goes, and the other is not touched", async () => {
    const listed = (clusters: string) => workspace('deletionPolicy: "delete"', { clusters });
    const stack = await workspaceStack(sandbox, listed('["east"]'));
    const first = await upWith(stack);
    const second = await upWith(stack, listed('["east", "west"]'));
    expect(stepsOf(second.up)).toContain("update payments");
    expect(second.parts["east"]).toEqual(first.parts["east"]);
    expect(await foldersIn(sandbox, stack, "west")).toEqual([second.parts["west"]?.["backupName"]]);
    const third = await upWith(stack, listed('["west"]'));
    expect(Object.keys(third.parts)).toEqual(["west"]);
    expect(third.parts["west"]).toEqual(second.parts["west"]);
    expect(await foldersIn(sandbox, stack, "east")).toEqual([]);
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    await expectNoDrift(stack);
  });

  test("on a schedule is a Schedule in each cluster, at times of their own where they are spread", async () => {
    const spread = 'schedule: "0 2 * * *", spread: "1h", ttl: "240h"';
    const stack = await workspaceStack(sandbox, workspace(spread));
    const { outputs, parts } = await upWith(stack);
    expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(outputs["cadence"]).toBe(
      "at 02:00 every day, in the time zone of Velero's server, spread over 1h; kept 240h (10 days): about 10 backups",
    );
    const crons = await Promise.all(
      [east, west].map(
        async (cluster) =>
          (await liveObject(cluster, "schedules", parts[cluster.name]?.["scheduleName"])).spec?.["schedule"],
      ),
    );
    for (const cron of crons) expect(cron).toMatch(/^\d+ 2 \* \* \*$/);
    expect(new Set(crons).size).toBe(2);
    await expectNoDrift(stack);
    const paused = await upWith(stack, workspace(`${spread}, paused: true`));
    expect(paused.outputs).toMatchObject({ phase: "Paused", health: "Paused" });
    await expectNoDrift(stack);
    await ok(stack.destroy());
    expect(await veleroObjects(west, "schedules", stack)).toEqual([]);
  });
});
