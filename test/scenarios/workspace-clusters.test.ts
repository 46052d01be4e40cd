import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject } from "./observe.ts";
import { messagesOf, type Stack, stepsOf } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  namesIn,
  ok,
  type Parts,
  upWith,
  versionsIn,
  workspace,
  workspaceIn,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

const LONG = 400_000;

/** A schedule with a backup, both of which have something to lose. */
const doomed = `${yearly}, runNow: true, deletionPolicy: "delete"`;

describeOnSandbox("A WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** What Velero was told to capture in a cluster. */
  async function includedIn(cluster: SandboxCluster, parts: Parts): Promise<unknown> {
    const { spec } = await liveObject(cluster, "schedules", parts[cluster.name]?.["scheduleName"]);
    const template = spec?.["template"] as Record<string, unknown> | undefined;
    return template?.["includedNamespaces"];
  }

  const refreshed = async (stack: Stack) => workspaceIn(await ok(stack.refresh()));

  test(
    'of "all" takes in the clusters that come, and lets go of those that go offline, have none of its namespaces any more or leave the location, without their data',
    async () => {
      const stack = await workspaceStack(sandbox, workspace(doomed, { among: "east" }), {
        ONLY: await createNamespace(east, "only-east"),
      });
      await ok(stack.up());
      const inEast = await versionsIn(east, stack);

      const come = await upWith(stack, workspace(doomed));
      expect(stepsOf(come.up)).toEqual(expect.arrayContaining(["create primary-west", "update payments"]));
      expect(come.parts["west"]).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(await foldersIn(sandbox, stack, "west")).toEqual([come.parts["west"]?.["backupName"]]);
      const inWest = await versionsIn(west, stack);
      expect([inEast, inWest].map(({ length }) => length)).toEqual([2, 2]);

      const offline = await upWith(stack, workspace(doomed, { among: "east, west: { offline: true }" }));
      expect(messagesOf(offline.up)).toContain('payments: lets go of cluster "west", which is offline');
      expect(offline.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(Object.keys(offline.parts)).toEqual(["east"]);
      expect(await versionsIn(west, stack)).toEqual(inWest);
      await expectNoDrift(stack);

      const back = await upWith(stack, workspace(doomed));
      expect(back.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(back.parts["west"]?.["scheduleName"]).toBe(come.parts["west"]?.["scheduleName"]);
      const schedules = (versions: string[]) => versions.filter((line) => line.startsWith("Schedule"));
      expect(schedules(await versionsIn(west, stack))).toEqual(schedules(inWest));
      expect(await versionsIn(east, stack)).toEqual(inEast);

      const stored = await foldersIn(sandbox, stack, "west");
      const only = { namespaces: "process.env.ONLY" };
      const without = await upWith(stack, workspace(doomed, only));
      expect(messagesOf(without.up)).toContain(
        'payments: leaves out cluster "west", which has none of the namespaces',
      );
      expect(without.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(without.parts["west"]).toMatchObject({ phase: "Skipped", health: "Healthy" });
      expect(await namesIn(west, "schedules", stack)).toEqual([]);
      expect(await foldersIn(sandbox, stack, "west")).toEqual(stored);
      const [name] = (await includedIn(east, without.parts)) as [string];
      await expectNoDrift(stack);

      const before = await versionsIn(east, stack);
      await seedNamespace(west, name, { objects: 2 });
      expect((await refreshed(stack)).outputs).toMatchObject({
        health: "Drifted",
        message: `west: has ${name} by now; up takes that in`,
      });
      const has = await upWith(stack);
      expect(has.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      expect(await includedIn(west, has.parts)).toEqual([name]);
      expect(await foldersIn(sandbox, stack, "west")).toEqual(
        [...stored, has.parts["west"]?.["backupName"]].toSorted(),
      );

      const gone = await upWith(stack, workspace(doomed, { ...only, among: "east" }));
      expect(stepsOf(gone.up)).toEqual(expect.arrayContaining(["delete primary-west", "update payments"]));
      expect(Object.keys(gone.parts)).toEqual(["east"]);
      const left = await west.kubernetes.list("/apis/velero.io/v1/namespaces/velero/schedules");
      expect(left.map(({ metadata }) => metadata.name)).not.toContain(has.parts["west"]?.["scheduleName"]);
      expect(await foldersIn(sandbox, stack, "west")).toContain(has.parts["west"]?.["backupName"]);
      expect(await versionsIn(east, stack)).toEqual(before);
      await expectNoDrift(stack);
    },
    LONG,
  );

  test(
    "backs up in each cluster the namespaces that it has, and refuses those that none or a named one has not",
    async () => {
      const late = uniqueName("late");
      const team = uniqueName("team");
      const [a, b, aTest, c] = ["a", "b", "a-test", "c"].map((name) => `${team}-${name}`) as [
        string,
        string,
        string,
        string,
      ];
      const only = await createNamespace(east, "only-east");
      await Promise.all([
        ...[a, aTest].map((name) => seedNamespace(east, name, { objects: 1 })),
        seedNamespace(west, b, { objects: 1 }),
      ]);
      const of = (namespaces: string) => workspace(yearly, { namespaces });
      const stack = await workspaceStack(sandbox, of('"no-such", "nor-this"'), {
        LATE: late,
        TEAM: team,
        ONLY: only,
      });
      const complaintsOfUp = async (program?: string) => {
        if (program !== undefined) stack.change(program);
        const failed = await stack.up();
        expect(failed.ok).toBe(false);
        return complaintsIn(failed).join("\n");
      };

      expect(await complaintsOfUp()).toContain(
        "includedNamespaces: no cluster has any of the namespaces that are declared",
      );
      expect([...(await versionsIn(east, stack)), ...(await versionsIn(west, stack))]).toEqual([]);

      // A name that no cluster has is refused until one has it, and is taken in there alone.
      expect(await complaintsOfUp(of("process.env.SHOP, process.env.LATE"))).toContain(
        `includedNamespaces: no cluster has a namespace "${late}"`,
      );
      const begun = await versionsIn(east, stack);
      expect(begun).toHaveLength(1);
      await seedNamespace(west, late, { objects: 1 });
      const { outputs, parts } = await upWith(stack);
      expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
      const inEast = (await includedIn(east, parts)) as string[];
      expect(inEast).toEqual([expect.stringMatching(/^shop-/)]);
      expect(parts["east"]?.["resolvedNamespaces"]).toEqual(inEast);
      expect(await includedIn(west, parts)).toEqual(expect.arrayContaining([...inEast, late]));
      expect(await versionsIn(east, stack)).toEqual(begun);

      // Globs are resolved by Velero, patterns by each up.
      const globs = await upWith(stack, of("process.env.TEAM + '-*'"));
      for (const cluster of [east, west])
        expect(await includedIn(cluster, globs.parts)).toEqual([`${team}-*`]);
      expect(globs.parts["east"]?.["resolvedNamespaces"]).toEqual([a, aTest].toSorted());
      expect(globs.parts["west"]?.["resolvedNamespaces"]).toEqual([b]);
      const patterns = of("`/^${process.env.TEAM}-[a-z]/`, '~/-test$/'");
      const second = await upWith(stack, patterns);
      expect(await includedIn(east, second.parts)).toEqual([a]);
      expect(await includedIn(west, second.parts)).toEqual([b]);

      // What comes to match in one cluster is drift of that one.
      const before = await versionsIn(east, stack);
      await seedNamespace(west, c, { objects: 1 });
      expect((await refreshed(stack)).outputs).toMatchObject({
        health: "Drifted",
        message: expect.stringMatching(new RegExp(`^west: .*${c} is not backed up yet; up takes that in$`)),
      });
      const third = await upWith(stack);
      expect(stepsOf(third.up)).toContain("update payments");
      expect(await includedIn(west, third.parts)).toEqual([b, c]);
      expect(await versionsIn(east, stack)).toEqual(before);

      // A cluster that is named has to have one; the other's backup is taken all the same.
      const named = `${patterns}
      new velero.WorkspaceBackup("named", {
        location, clusters: ["east", "west"], includedNamespaces: [process.env.ONLY], volumes: "none",
      });`;
      expect(await complaintsOfUp(named)).toMatch(
        /includedNamespaces: no namespace of cluster "west" is one of those that are declared/,
      );
      const taken = await versionsIn(east, stack);
      expect(taken).toHaveLength(2);
      expect(await namesIn(west, "backups", stack)).toEqual([]);
      await seedNamespace(west, only, { objects: 2 });
      const done = workspaceIn(await ok(stack.up()), "named");
      expect(done.outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(await namesIn(west, "backups", stack)).toEqual([done.parts["west"]?.["backupName"]]);
      expect(await versionsIn(east, stack)).toEqual(taken);
      await expectNoDrift(stack);
    },
    LONG,
  );
});
