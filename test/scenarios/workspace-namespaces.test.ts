import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
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

describeOnSandbox("Of its namespaces a WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  /** What Velero was told to capture in a cluster. */
  async function includedIn(cluster: typeof east, parts: Parts): Promise<unknown> {
    const part = parts[cluster.name];
    if (part?.["scheduleName"] === undefined)
      return (await liveObject(cluster, "backups", part?.["backupName"])).spec?.["includedNamespaces"];
    const { spec } = await liveObject(cluster, "schedules", part["scheduleName"]);
    const template = spec?.["template"] as Record<string, unknown> | undefined;
    return template?.["includedNamespaces"];
  }

  const refreshed = async (stack: Stack) => workspaceIn(await ok(stack.refresh()));

  test("takes in each cluster those that it has, where a name is not in all of them", async () => {
    const only = await createNamespace(east, "only-east");
    const stack = await workspaceStack(
      sandbox,
      workspace("", { clusters: '["east", "west"]', namespaces: "process.env.SHOP, process.env.ONLY" }),
      { ONLY: only },
    );
    const { parts } = await upWith(stack);
    const [, shop] = (parts["east"]?.["resolvedNamespaces"] ?? []) as string[];
    expect(shop).toMatch(/^shop-/);
    expect(await includedIn(east, parts)).toEqual(expect.arrayContaining([only, shop]));
    expect(await includedIn(west, parts)).toEqual([shop]);
    expect(parts["west"]).toMatchObject({ phase: "Completed", resolvedNamespaces: [shop] });
    await expectNoDrift(stack);
  });

  test('leaves out with "all" a cluster that has none of them, says so, and takes it in once it has one', async () => {
    const only = await createNamespace(east, "only-east");
    const program = workspace("", { namespaces: "process.env.ONLY" });
    const stack = await workspaceStack(sandbox, program, { ONLY: only });
    const first = await upWith(stack);
    expect(first.outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(first.parts["west"]).toMatchObject({ phase: "Skipped", health: "Healthy" });
    expect(messagesOf(first.up)).toContain(
      'payments: leaves out cluster "west", which has none of the namespaces',
    );
    expect(await versionsIn(west, stack)).toEqual([]);
    await expectNoDrift(stack);
    const before = await versionsIn(east, stack);

    await seedNamespace(west, only, { objects: 2 });
    expect((await refreshed(stack)).outputs).toMatchObject({
      health: "Drifted",
      message: `west: has ${only} by now; up takes that in`,
    });
    const { outputs, parts } = await upWith(stack);
    expect(outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await includedIn(west, parts)).toEqual([only]);
    expect(await foldersIn(sandbox, stack, "west")).toEqual([parts["west"]?.["backupName"]]);
    expect(await versionsIn(east, stack)).toEqual(before);
    await expectNoDrift(stack);
  });

  test('lets go of a cluster of "all" that has none of them any more, and keeps what is stored of it', async () => {
    const only = await createNamespace(east, "only-east");
    const now = `${yearly}, runNow: true, deletionPolicy: "delete"`;
    const stack = await workspaceStack(sandbox, workspace(now), { ONLY: only });
    await ok(stack.up());
    const stored = await foldersIn(sandbox, stack, "west");
    expect(stored).toHaveLength(1);

    const { outputs, parts } = await upWith(stack, workspace(now, { namespaces: "process.env.ONLY" }));
    expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(parts["west"]).toMatchObject({ phase: "Skipped" });
    expect(await namesIn(west, "schedules", stack)).toEqual([]);
    expect(await foldersIn(sandbox, stack, "west")).toEqual(stored);
    expect(await includedIn(east, parts)).toEqual([only]);
    await expectNoDrift(stack);
  });

  test("misses them in a cluster that is named and has none, and has the other's backup all the same", async () => {
    const only = await createNamespace(east, "only-east");
    const program = workspace("", { clusters: '["east", "west"]', namespaces: "process.env.ONLY" });
    const stack = await workspaceStack(sandbox, program, { ONLY: only });
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed).join("\n")).toMatch(
      /includedNamespaces: no namespace of cluster "west" is one of those that are declared/,
    );
    const before = await versionsIn(east, stack);
    expect(before).toHaveLength(1);
    expect(await versionsIn(west, stack)).toEqual([]);

    await seedNamespace(west, only, { objects: 2 });
    expect((await upWith(stack)).outputs).toMatchObject({ phase: "Completed", health: "Healthy" });
    expect(await versionsIn(east, stack)).toEqual(before);
    await expectNoDrift(stack);
  });

  test("refuses a name that no cluster has, until one has it", async () => {
    const late = uniqueName("late");
    const program = workspace(yearly, { namespaces: "process.env.SHOP, process.env.LATE" });
    const stack = await workspaceStack(sandbox, program, { LATE: late });
    const failed = await stack.up();
    expect(failed.ok).toBe(false);
    expect(complaintsIn(failed).join("\n")).toContain(
      `includedNamespaces: no cluster has a namespace "${late}"`,
    );
    const before = await versionsIn(east, stack);
    expect(before).toHaveLength(1);

    await createLate();
    const { outputs, parts } = await upWith(stack);
    expect(outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(await includedIn(west, parts)).toContain(late);
    expect(await versionsIn(east, stack)).toEqual(before);
    await expectNoDrift(stack);

    async function createLate() {
      await seedNamespace(west, late, { objects: 1 });
    }
  });

  test("refuses names of which no cluster has any, and makes nothing", async () => {
    const program = workspace("", { namespaces: '"no-such", "nor-this"' });
    const stack = await workspaceStack(sandbox, program);
    const failed = await stack.up();
    expect(complaintsIn(failed).join("\n")).toContain(
      "includedNamespaces: no cluster has any of the namespaces that are declared",
    );
    expect([...(await versionsIn(east, stack)), ...(await versionsIn(west, stack))]).toEqual([]);
  });

  test("has globs resolved by Velero, patterns by each up, and what comes to match in one cluster is drift of that one", async () => {
    const team = uniqueName("team");
    const [a, b, aTest, c] = ["a", "b", "a-test", "c"].map((name) => `${team}-${name}`) as [
      string,
      string,
      string,
      string,
    ];
    await Promise.all([
      ...[a, aTest].map((name) => seedNamespace(east, name, { objects: 1 })),
      seedNamespace(west, b, { objects: 1 }),
    ]);
    const globs = workspace(yearly, { namespaces: "process.env.TEAM + '-*'" });
    const stack = await workspaceStack(sandbox, globs, { TEAM: team });
    const first = await upWith(stack);
    for (const cluster of [east, west]) expect(await includedIn(cluster, first.parts)).toEqual([`${team}-*`]);
    expect(first.parts["east"]?.["resolvedNamespaces"]).toEqual([a, aTest].toSorted());
    expect(first.parts["west"]?.["resolvedNamespaces"]).toEqual([b]);

    const patterns = workspace(yearly, { namespaces: "`/^${process.env.TEAM}-[a-z]/`, '~/-test$/'" });
    const second = await upWith(stack, patterns);
    expect(await includedIn(east, second.parts)).toEqual([a]);
    expect(await includedIn(west, second.parts)).toEqual([b]);
    await expectNoDrift(stack);
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
    await expectNoDrift(stack);
  });
});
