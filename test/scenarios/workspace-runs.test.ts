import { expect, test } from "vitest";
import { startSpy } from "../unit/provider-host/spy.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { dataKeys } from "./observe.ts";
import { stepsOf, veleroObjects, veleroPath } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  namesIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceIn,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

describeOnSandbox("A WorkspaceBackup's runs", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("are one more in every cluster when `triggers` change, of the same schedules", async () => {
    const triggered = (value: number) => workspace(`${yearly}, runNow: true, triggers: [${value}]`);
    const stack = await workspaceStack(sandbox, triggered(1));
    const first = await upWith(stack);
    const schedulesOf = async (cluster: typeof east) =>
      (await veleroObjects(cluster, "schedules", stack)).map(({ metadata }) => metadata.uid);
    const uids = await Promise.all([east, west].map(schedulesOf));
    const second = await upWith(stack, triggered(2));
    expect(stepsOf(second.up)).toContain("update payments");
    expect(await Promise.all([east, west].map(schedulesOf))).toEqual(uids);
    for (const cluster of [east, west]) {
      const taken = [first, second].map(({ parts }) => parts[cluster.name]?.["backupName"]);
      expect(await namesIn(cluster, "backups", stack)).toEqual(taken.toSorted());
    }
    await expectNoDrift(stack);
  });

  test("on a schedule are kept or deleted as a changed `deletionPolicy` says, which each Schedule notes", async () => {
    const kept = (policy: string) => workspace(`${yearly}, deletionPolicy: "${policy}"`);
    const stack = await workspaceStack(sandbox, kept("retain"));
    await upWith(stack);
    const notes = async () => {
      const all = await Promise.all([east, west].map((each) => veleroObjects(each, "schedules", stack)));
      return all.flat().map(({ metadata }) => {
        const annotations = (metadata["annotations"] ?? {}) as Record<string, string>;
        return annotations["pulumi-velero.io/deletion-policy"];
      });
    };
    expect(await notes()).toEqual([undefined, undefined]);
    await upWith(stack, kept("delete"));
    expect(await notes()).toEqual(["delete", "delete"]);
    await expectNoDrift(stack);
    await upWith(stack, kept("retain"));
    expect(await notes()).toEqual([undefined, undefined]);
    await expectNoDrift(stack);
  });

  test('taken on demand replace each other with deletionPolicy "delete", and a destroy leaves no data', async () => {
    const triggered = (value: number) => workspace(`deletionPolicy: "delete", triggers: [${value}]`);
    const stack = await workspaceStack(sandbox, triggered(1));
    const first = await upWith(stack);
    const second = await upWith(stack, triggered(2));
    expect(stepsOf(second.up)).toEqual(
      expect.arrayContaining(["create-replacement payments", "delete-replaced payments"]),
    );
    for (const cluster of [east, west]) {
      const [before, now] = [first, second].map(({ parts }) => parts[cluster.name]?.["backupName"]);
      expect(now).not.toBe(before);
      expect(await namesIn(cluster, "backups", stack)).toEqual([now]);
      expect(await foldersIn(sandbox, stack, cluster.name)).toEqual([now]);
    }
    await ok(stack.destroy());
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
    expect([...(await namesIn(east, "backups", stack)), ...(await namesIn(west, "backups", stack))]).toEqual(
      [],
    );
  });

  test("that someone has changed in one cluster are drift of that one, and the next up goes to no other", async () => {
    const stack = await workspaceStack(sandbox, workspace(yearly));
    const { parts } = await upWith(stack);
    const inEast = await versionsIn(east, stack);
    const path = veleroPath("schedules", String(parts["west"]?.["scheduleName"]));
    const [before] = await veleroObjects(west, "schedules", stack);
    await west.kubernetes.patch(path, { spec: { template: { excludedNamespaces: ["default"] } } });

    const { outputs, parts: found } = workspaceIn(await ok(stack.refresh()));
    expect(outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringMatching(/^west: Schedule velero\/\S+ was changed by someone else \(template\)/),
    });
    expect([found["east"], found["west"]]).toMatchObject([{ health: "Healthy" }, { health: "Drifted" }]);
    const eastern = new URL(east.server).port;
    const spy = startSpy();
    expect(stepsOf(await ok(stack.up({ env: spy.env })))).toContain("update payments");
    expect(spy.network().join()).toContain(new URL(west.server).port);
    expect(spy.network().join()).not.toContain(eastern);
    expect((await west.kubernetes.get(path))?.spec).toEqual(before?.spec);
    expect(await versionsIn(east, stack)).toEqual(inEast);
    await expectNoDrift(stack);
  });

  test("are not looked at by a preview in which nothing changes", async () => {
    const stack = await workspaceStack(sandbox, workspace(yearly));
    await ok(stack.up());
    const spy = startSpy();
    await ok(stack.preview({ expectNoChanges: true, env: spy.env }));
    expect(spy.processes()).toBe(1);
    expect(spy.network()).toEqual([]);
    // The spy does see what a refresh asks.
    await ok(stack.refresh({ previewOnly: true, env: spy.env }));
    for (const { server } of [east, west]) expect(spy.network().join()).toContain(new URL(server).port);
  });
});
