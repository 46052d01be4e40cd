import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, stepsOf, veleroObjects } from "./stack.ts";

const workspace = (clusters: string, more = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east, west } });
  const payments = new velero.WorkspaceBackup("payments", {
    location, clusters: ${clusters}, includedNamespaces: [process.env.SHOP], volumes: "none", ${more}
  });
  exports.phase = payments.phase;
`;
const all = '"all"';

describeOnSandbox("A WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function begin(program: string): Promise<Stack> {
    const shop = uniqueName("shop");
    await Promise.all([east, west].map((cluster) => seedNamespace(cluster, shop, { objects: 4 })));
    return passingStack(sandbox, program, { env: { SHOP: shop } });
  }

  async function upWith(stack: Stack, program?: string) {
    if (program !== undefined) stack.change(program);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const { outputs = {} } = resourceIn(up, "payments");
    return { up, outputs, parts: outputs["byCluster"] as Record<string, Record<string, unknown>> };
  }

  async function expectNoDrift(stack: Stack): Promise<void> {
    const up = await stack.up({ expectNoChanges: true });
    expect(up.ok, messagesOf(up)).toBe(true);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  }

  const foldersIn = async ({ bucket }: Stack, cluster: string) => [
    ...new Set((await dataKeys(sandbox, bucket, `${cluster}/backups/`)).map((key) => key.split("/")[2])),
  ];

  test("taken now is one backup in each cluster, and one phase for all of them", async () => {
    const stack = await begin(workspace(all));
    const { up, outputs, parts } = await upWith(stack);
    expect(up.outputs["phase"]).toBe("Completed");
    expect(outputs).toMatchObject({ health: "Healthy", errors: 0 });
    for (const cluster of [east, west]) {
      const part = parts[cluster.name];
      expect(part).toMatchObject({ phase: "Completed", health: "Healthy" });
      expect(part?.["backupName"]).toMatch(new RegExp(`^payments-${cluster.name}-`));
      expect(await foldersIn(stack, cluster.name)).toEqual([part?.["backupName"]]);
      expect(await liveObject(cluster, "backups", part?.["backupName"])).toMatchObject({
        status: { phase: "Completed" },
      });
    }
    await expectNoDrift(stack);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await foldersIn(stack, "east")).toHaveLength(1);
  });

  test("a cluster that comes is made, one that is taken out of the list goes, and the other is not touched", async () => {
    const stack = await begin(workspace('["east"]', 'deletionPolicy: "delete"'));
    const first = await upWith(stack);
    const second = await upWith(stack, workspace('["east", "west"]', 'deletionPolicy: "delete"'));
    expect(stepsOf(second.up)).toContain("update payments");
    expect(second.parts["east"]).toEqual(first.parts["east"]);
    expect(await foldersIn(stack, "west")).toEqual([second.parts["west"]?.["backupName"]]);
    const third = await upWith(stack, workspace('["west"]', 'deletionPolicy: "delete"'));
    expect(Object.keys(third.parts)).toEqual(["west"]);
    expect(third.parts["west"]).toEqual(second.parts["west"]);
    expect(await foldersIn(stack, "east")).toEqual([]);
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    await expectNoDrift(stack);
  });

  test("on a schedule is a Schedule in each cluster, at times of their own where they are spread", async () => {
    const stack = await begin(workspace(all, 'schedule: "0 2 * * *", spread: "1h", ttl: "240h"'));
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
    const paused = await upWith(
      stack,
      workspace(all, 'schedule: "0 2 * * *", spread: "1h", ttl: "240h", paused: true'),
    );
    expect(paused.outputs).toMatchObject({ phase: "Paused", health: "Paused" });
    await expectNoDrift(stack);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await veleroObjects(west, "schedules", stack)).toEqual([]);
  });
});
