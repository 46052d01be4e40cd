import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { messagesOf, stepsOf } from "./stack.ts";
import {
  expectNoDrift,
  foldersIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

/** A schedule with a backup, both of which have something to lose. */
const doomed = `${yearly}, runNow: true, deletionPolicy: "delete"`;

describeOnSandbox("The clusters of a WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test('that go offline under "all" are let go of with all that they have, and taken up again when they are back', async () => {
    const stack = await workspaceStack(sandbox, workspace(doomed));
    const first = await upWith(stack);
    const [inEast, inWest] = [await versionsIn(east, stack), await versionsIn(west, stack)];
    expect([inEast, inWest].map(({ length }) => length)).toEqual([2, 2]);

    const offline = workspace(doomed, { among: "east, west: { offline: true }" });
    const without = await upWith(stack, offline);
    expect(messagesOf(without.up)).toContain('payments: lets go of cluster "west", which is offline');
    expect(without.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(Object.keys(without.parts)).toEqual(["east"]);
    expect(await versionsIn(west, stack)).toEqual(inWest);
    await expectNoDrift(stack);

    const back = await upWith(stack, workspace(doomed));
    expect(back.outputs).toMatchObject({ phase: "Enabled", health: "Healthy" });
    expect(back.parts["west"]?.["scheduleName"]).toBe(first.parts["west"]?.["scheduleName"]);
    expect((await versionsIn(west, stack)).filter((line) => line.startsWith("Schedule"))).toEqual(
      inWest.filter((line) => line.startsWith("Schedule")),
    );
    expect(await versionsIn(east, stack)).toEqual(inEast);
    await expectNoDrift(stack);
  });

  test('that are not the location\'s any more leave "all" without their data, and those that come are made', async () => {
    const alone = workspace(doomed, { among: "east" });
    const stack = await workspaceStack(sandbox, alone);
    await ok(stack.up());
    const inEast = await versionsIn(east, stack);

    const come = await upWith(stack, workspace(doomed));
    expect(stepsOf(come.up)).toEqual(expect.arrayContaining(["create primary-west", "update payments"]));
    expect(come.parts["west"]).toMatchObject({ phase: "Enabled", health: "Healthy" });
    const stored = await foldersIn(sandbox, stack, "west");
    expect(stored).toEqual([come.parts["west"]?.["backupName"]]);

    const gone = await upWith(stack, alone);
    expect(stepsOf(gone.up)).toEqual(expect.arrayContaining(["delete primary-west", "update payments"]));
    expect(Object.keys(gone.parts)).toEqual(["east"]);
    const schedules = await west.kubernetes.list("/apis/velero.io/v1/namespaces/velero/schedules");
    expect(schedules.map(({ metadata }) => metadata.name)).not.toContain(
      come.parts["west"]?.["scheduleName"],
    );
    expect(await foldersIn(sandbox, stack, "west")).toEqual(stored);
    expect(await versionsIn(east, stack)).toEqual(inEast);
    await expectNoDrift(stack);
  });
});
