import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { incarnationOf } from "./observe.ts";
import { type Stack, veleroObjects } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  locationOf,
  namesIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

// A sandbox of their own: one cluster's Velero is stopped to hold its backup where the run is killed.
describeOnSandbox("An up of a WorkspaceBackup that is killed between two clusters", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;
  let west: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox();
    [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  });
  afterAll(() => sandbox.stop());

  /** Kills the provider when east's backup has ended and west's part is begun. Gives the names of the backups. */
  async function killBetween(stack: Stack): Promise<Record<string, string[]>> {
    await west.velero.stop();
    try {
      const run = stack.start("up");
      await waitUntil("east's backup has ended and west's part is begun", async () => {
        const [backup] = await veleroObjects(east, "backups", stack);
        const isBegun = (await versionsIn(west, stack)).length > 0;
        return (isBegun && backup?.status?.["phase"] === "Completed") || undefined;
      });
      await run.killProvider();
      expect((await run.result).ok).toBe(false);
      return {
        east: await namesIn(east, "backups", stack),
        west: await namesIn(west, "backups", stack),
      };
    } finally {
      await west.velero.start();
    }
  }

  test.each([
    // A Velero that is stopped does not accept the schedule, and its first backup is not begun yet.
    { when: "now", more: "", phase: "Completed", begunInWest: 1 },
    {
      when: "on a schedule, with one now",
      more: `${yearly}, runNow: true`,
      phase: "Enabled",
      begunInWest: 0,
    },
  ])(
    "goes on with both when they are taken $when, and has one backup of each",
    async ({ more, phase, begunInWest }) => {
      const stack = await workspaceStack(sandbox, locationOf());
      await ok(stack.up());
      stack.change(workspace(more));
      const begun = await killBetween(stack);
      expect(begun).toMatchObject({ east: [expect.any(String)] });
      expect(begun["west"]).toHaveLength(begunInWest);

      const { outputs, parts } = await upWith(stack);
      expect(outputs).toMatchObject({ phase, health: "Healthy" });
      expect(outputs).not.toHaveProperty("unfinished");
      for (const cluster of [east, west]) {
        const [backup, ...others] = await veleroObjects(cluster, "backups", stack);
        expect(others).toEqual([]);
        expect(incarnationOf(backup!)).toBe(outputs["incarnation"]);
        const { name } = backup!.metadata;
        expect(begun[cluster.name]?.[0] ?? name).toBe(name);
        expect(parts[cluster.name]?.["backupName"]).toBe(name);
        expect(await foldersIn(sandbox, stack, cluster.name)).toEqual([name]);
      }
      await expectNoDrift(stack);
      await ok(stack.destroy());
      expect(await objectsIn(sandbox)).toEqual([]);
      expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
    },
  );
});
