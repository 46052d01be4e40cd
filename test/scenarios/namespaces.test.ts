import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { messagesOf, resourceIn, type Stack } from "./stack.ts";

const program = (included: string[], more = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  new velero.ClusterBackup("team", {
    location, cluster: "east", volumes: "none", includedNamespaces: ${JSON.stringify(included)}, ${more}
  });`;
const yearly = 'schedule: "0 3 29 2 *", skipImmediately: true';

describeOnSandbox("Namespaces of a ClusterBackup", (sandbox) => {
  const east = sandbox.cluster("east");

  /** Namespaces of this test alone, by the words at their ends. */
  async function namespaces(...ends: string[]): Promise<{ team: string; names: string[] }> {
    const team = uniqueName("team");
    const names = ends.map((end) => `${team}-${end}`);
    await Promise.all(names.map((name) => seedNamespace(east, name, { objects: 1 })));
    return { team, names };
  }

  async function ok(run: ReturnType<Stack["up"]>) {
    const result = await run;
    expect(result.ok, messagesOf(result)).toBe(true);
    return { run: result, outputs: resourceIn(result, "team").outputs ?? {} };
  }

  const capturedBy = async (stack: Stack, backup: unknown) =>
    ((await resourceList(sandbox, stack.bucket, "east", backup))["v1/ConfigMap"] ?? [])
      .map((name) => name.split("/")[0])
      .sort();

  test("by globs are Velero's to resolve, and the outputs say what they are now", async () => {
    const { team, names } = await namespaces("a", "b", "x1");
    const stack = await passingStack(sandbox, program([`${team}-[ab]`]));
    const { outputs } = await ok(stack.up());
    expect(outputs["resolvedNamespaces"]).toEqual(names.slice(0, 2));
    const { spec } = await liveObject(east, "backups", outputs["backupName"]);
    expect((await capturedBy(stack, outputs["backupName"])).filter((name) => name?.startsWith(team))).toEqual(
      names.slice(0, 2),
    );
    expect(spec?.["includedNamespaces"]).toEqual([`${team}-[ab]`]);
  });

  test("by regular expressions are resolved by each up; one that comes later is drift until the next takes it in", async () => {
    const { team, names } = await namespaces("1", "2", "test");
    const stack = await passingStack(sandbox, program([`/^${team}-/`, "~/-test$/"], yearly));
    const { outputs } = await ok(stack.up());
    const schedule = outputs["scheduleName"];
    const templateNamespaces = async () =>
      ((await liveObject(east, "schedules", schedule)).spec as { template: Record<string, unknown> })
        .template["includedNamespaces"];
    expect(await templateNamespaces()).toEqual(names.slice(0, 2));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));

    await seedNamespace(east, `${team}-3`, { objects: 1 });
    await seedNamespace(east, `${team}-3-test`, { objects: 1 });
    expect((await stack.refresh({ previewOnly: true, expectNoChanges: true })).ok).toBe(false);
    const refreshed = await ok(stack.refresh());
    expect(refreshed.outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`${team}-3 is not backed up yet`),
    });
    await ok(stack.up());
    expect(await templateNamespaces()).toEqual([...names.slice(0, 2), `${team}-3`]);
    await ok(stack.up({ expectNoChanges: true }));
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true }));
  });

  test("that match nothing are refused, since for Velero an empty list means all of them", async () => {
    const { team } = await namespaces("a");
    const stack = await passingStack(sandbox, program([`/^${team}-nothing/`]));
    const preview = await stack.preview();
    expect(messagesOf(preview)).toMatch(/includedNamespaces: no namespace of cluster "east" is one of those/);
    const up = await stack.up();
    expect(complaintsIn(up)).toEqual([
      expect.stringMatching(/^includedNamespaces: no namespace of cluster "east" is one of those/),
    ]);
  });

  test("one of which has gone do not keep a schedule from being paused", async () => {
    const { names } = await namespaces("a", "b");
    const stack = await passingStack(sandbox, program(names, yearly));
    await ok(stack.up());
    await east.kubernetes.delete(`/api/v1/namespaces/${names[1]}`);
    stack.change(program(names, `${yearly}, paused: true`));
    expect((await ok(stack.up())).outputs).toMatchObject({ health: "Paused" });
  });
});
