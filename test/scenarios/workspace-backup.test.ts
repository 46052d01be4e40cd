import { expect, test } from "vitest";
import type { Runner } from "../engine/runner.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { startSpy } from "../unit/provider-host/spy.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  locationOf,
  namesIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceIn,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

const LONG = 400_000;

describeOnSandbox("A WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test(
    "taken now, in a location of another stack, is one backup in each cluster that comes, is replaced by `triggers`, and takes its data along where it goes",
    async () => {
      const platform = await passingStack(sandbox, `${locationOf()} exports.backups = location.handle;`, {
        project: "platform",
      });
      await ok(platform.up());
      const shop = uniqueName("shop");
      await Promise.all([east, west].map((cluster) => seedNamespace(cluster, shop, { objects: 3 })));
      const taken = (clusters: string, run: number) => `
      const platform = new pulumi.StackReference(process.env.PLATFORM);
      const location = velero.locationFrom("location", platform.requireOutput("backups"), {
        clusters: { east, west }, access: { credentials: { static: keys } },
      });
      exports.phase = new velero.WorkspaceBackup("payments", {
        location, clusters: ${clusters}, includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
        triggers: [${run}],
      }).phase;
    `;
      const team = await passingStack(sandbox, taken('["east"]', 1), {
        project: "team",
        backend: platform as Runner,
        bucket: platform.bucket,
        env: { SHOP: shop, PLATFORM: `organization/platform/${platform.stack}` },
      });
      const alone = await upWith(team);
      const both = await upWith(team, taken('["east", "west"]', 1));
      expect(stepsOf(both.up)).toContain("update payments");
      expect(both.up.outputs["phase"]).toBe("Completed");
      expect(both.outputs).toMatchObject({ health: "Healthy", errors: 0 });
      expect(both.parts["east"], "the cluster that was there is not touched").toEqual(alone.parts["east"]);
      for (const cluster of [east, west]) {
        const part = both.parts[cluster.name];
        expect(part).toMatchObject({ phase: "Completed", health: "Healthy" });
        expect(part?.["backupName"]).toMatch(new RegExp(`^payments-${cluster.name}-`));
        expect(await foldersIn(sandbox, team, cluster.name)).toEqual([part?.["backupName"]]);
        expect(await liveObject(cluster, "backups", part?.["backupName"])).toMatchObject({
          status: { phase: "Completed" },
        });
      }

      const again = await upWith(team, taken('["east", "west"]', 2));
      expect(stepsOf(again.up)).toEqual(
        expect.arrayContaining(["create-replacement payments", "delete-replaced payments"]),
      );
      for (const cluster of [east, west]) {
        const [before, now] = [both, again].map(({ parts }) => parts[cluster.name]?.["backupName"]);
        expect(now).not.toBe(before);
        expect(await namesIn(cluster, "backups", team)).toEqual([now]);
        expect(await foldersIn(sandbox, team, cluster.name)).toEqual([now]);
      }

      const left = await upWith(team, taken('["west"]', 2));
      expect(left.parts).toEqual({ west: again.parts["west"] });
      expect(await foldersIn(sandbox, team, "east")).toEqual([]);
      expect(await veleroObjects(east, "backups", team)).toEqual([]);
      await expectNoDrift(team);

      await ok(team.destroy());
      expect(await dataKeys(sandbox, platform.bucket)).toEqual([]);
      expect(await namesIn(west, "backups", team)).toEqual([]);
    },
    LONG,
  );

  test(
    "on a schedule is a Schedule in each cluster, at times of its own where it is spread, and follows what is declared",
    async () => {
      // At an hour that is not near.
      const hour = (new Date().getHours() + 12) % 24;
      const spread = (more: string) =>
        workspace(`schedule: "0 ${hour} * * *", spread: "1h", ttl: "240h", runNow: true, ${more}`);
      const stack = await workspaceStack(sandbox, spread("triggers: [1]"));
      const schedulesIn = async (cluster: SandboxCluster) => {
        const [schedule, ...others] = await veleroObjects(cluster, "schedules", stack);
        expect(others).toEqual([]);
        return schedule!;
      };
      const schedules = () => Promise.all([east, west].map(schedulesIn));

      const first = await upWith(stack);
      expect(first.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(first.outputs["cadence"]).toBe(
        `at ${String(hour).padStart(2, "0")}:00 every day, in the time zone of Velero's server, spread over 1h; kept 240h (10 days): about 10 backups`,
      );
      const made = await schedules();
      expect(made.map(({ metadata }) => metadata.name)).toEqual(
        ["east", "west"].map((key) => first.parts[key]?.["scheduleName"]),
      );
      const crons = made.map(({ spec }) => spec?.["schedule"]);
      for (const cron of crons) expect(cron).toMatch(new RegExp(`^\\d+ ${hour} \\* \\* \\*$`));
      expect(new Set(crons).size).toBe(2);

      const spy = startSpy();
      await ok(stack.preview({ expectNoChanges: true, env: spy.env }));
      expect(spy.processes()).toBe(1);
      expect(spy.network(), "a preview in which nothing changes looks at no cluster").toEqual([]);
      await ok(stack.refresh({ previewOnly: true, expectNoChanges: true, env: spy.env }));
      const portOf = ({ server }: SandboxCluster) => new URL(server).port;
      for (const cluster of [east, west]) expect(spy.network().join()).toContain(portOf(cluster));

      // What someone changes in one cluster is drift of that one, and the next up goes to no other.
      const inEast = await versionsIn(east, stack);
      const path = veleroPath("schedules", made[1]?.metadata.name);
      await west.kubernetes.patch(path, { spec: { template: { excludedNamespaces: ["default"] } } });
      const { outputs, parts: found } = workspaceIn(await ok(stack.refresh()));
      expect(outputs).toMatchObject({
        health: "Drifted",
        message: expect.stringMatching(
          /^west: Schedule velero\/\S+ was changed by someone else \(template\)/,
        ),
      });
      expect(found).toMatchObject({ east: { health: "Healthy" }, west: { health: "Drifted" } });
      spy.forget();
      expect(stepsOf(await ok(stack.up({ env: spy.env })))).toContain("update payments");
      expect(spy.network().join()).toContain(portOf(west));
      expect(spy.network().join()).not.toContain(portOf(east));
      expect((await schedulesIn(west)).spec).toEqual(made[1]?.spec);
      expect(await versionsIn(east, stack)).toEqual(inEast);

      // `triggers` are one more backup in every cluster, and each Schedule notes the policy.
      const noted = async () =>
        (await schedules()).map(({ metadata }) => {
          const annotations = (metadata["annotations"] ?? {}) as Record<string, string>;
          return annotations["pulumi-velero.io/deletion-policy"];
        });
      expect(await noted()).toEqual([undefined, undefined]);
      const second = await upWith(stack, spread('triggers: [2], deletionPolicy: "delete"'));
      expect(stepsOf(second.up)).toContain("update payments");
      expect((await schedules()).map(({ metadata }) => metadata.uid)).toEqual(
        made.map(({ metadata }) => metadata.uid),
      );
      for (const cluster of [east, west]) {
        const taken = [first, second].map(({ parts }) => parts[cluster.name]?.["backupName"]);
        expect(await namesIn(cluster, "backups", stack)).toEqual(taken.toSorted());
      }
      expect(await noted()).toEqual(["delete", "delete"]);

      const paused = await upWith(stack, spread("triggers: [2], paused: true"));
      expect(paused.outputs).toMatchObject({ phase: "Paused", health: "Paused" });
      expect(await noted()).toEqual([undefined, undefined]);
      await expectNoDrift(stack);
      await ok(stack.destroy());
      expect(await veleroObjects(west, "schedules", stack)).toEqual([]);
      expect(await foldersIn(sandbox, stack, "west"), "what is stored is retained").toHaveLength(2);
    },
    LONG,
  );

  test(
    "leaves a cluster that is taken out of its list as its deletionPolicy says",
    async () => {
      const listed = (clusters: string) => `
      ${locationOf()}
      const shop = { location, clusters: ${clusters}, includedNamespaces: [process.env.SHOP], volumes: "none" };
      const now = { ${yearly}, runNow: true };
      const payments = new velero.WorkspaceBackup("payments", { ...shop, ...now, deletionPolicy: "retain" });
      new velero.WorkspaceBackup("doomed", { ...shop, ...now, deletionPolicy: "delete" }, { dependsOn: payments });
    `;
      const stack = await workspaceStack(sandbox, listed('["east", "west"]'));
      const { up, parts: before } = await upWith(stack);
      const inEast = await versionsIn(east, stack);
      const doomed = workspaceIn(up, "doomed").parts["west"]?.["backupName"];
      expect(await foldersIn(sandbox, stack, "west")).toContain(doomed);

      const left = await upWith(stack, listed('["east"]'));
      expect(Object.keys(left.parts)).toEqual(["east"]);
      expect(Object.keys(workspaceIn(left.up, "doomed").parts)).toEqual(["east"]);
      expect(await namesIn(west, "schedules", stack)).toEqual([]);
      const kept = [before["west"]?.["backupName"]];
      expect(await namesIn(west, "backups", stack)).toEqual(kept);
      expect(await foldersIn(sandbox, stack, "west")).toEqual(kept);
      expect(await versionsIn(east, stack)).toEqual(inEast);
      await expectNoDrift(stack);
    },
    LONG,
  );
});
