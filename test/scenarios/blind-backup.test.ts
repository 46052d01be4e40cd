import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack, resourceList } from "./observe.ts";
import { defineKind, type OwnKind } from "./own-kind.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, type Stack, veleroObjects } from "./stack.ts";

const SETTLED = "pulumi-velero.io/settled";
const LOCATION = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const backup = (options: string) => `
  new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], volumes: "none", ${options} });`;
/** So that a wait for Velero's five minutes is one of some seconds, in which its server is restarted. */
const clockAhead = {
  NODE_OPTIONS: `--require=${fileURLToPath(new URL("mistakes/clock-ahead.cjs", import.meta.url))}`,
};

// A sandbox of its own, whose Velero it restarts.
describeOnSandbox("A backup right after a definition", () => {
  vi.setConfig({ testTimeout: 300_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
  });
  afterAll(() => sandbox.stop());

  /** A location that is there already, and then a kind, and an object of it. */
  async function begin(): Promise<{ stack: Stack; shop: string; gizmos: OwnKind }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const stack = await passingStack(sandbox, LOCATION, { env: { SHOP: shop } });
    await ok(stack.up());
    const gizmos = await defineKind(east, `${uniqueName("new")}.example.com`);
    await gizmos.create(shop, "one");
    return { stack, shop, gizmos };
  }

  const verdicts = async (stack: Stack) =>
    (await veleroObjects(east, "backups", stack))
      .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))
      .map(({ metadata }) => metadata.labels?.[SETTLED]);

  const held = async (stack: Stack, name: unknown) => resourceList(sandbox, stack.bucket, "east", name);

  test.each([
    ["of its own", ""],
    ["of a schedule", 'schedule: "0 3 29 2 *", runNow: true, '],
  ])(
    "%s is no success where Velero had not seen it, and the next up takes another",
    async (_kind, schedule) => {
      const { stack, shop, gizmos } = await begin();
      stack.change(LOCATION + backup(`${schedule}timeouts: { create: "2m" }`));
      const failed = await stack.up();
      expect(complaintsIn(failed).join("\n")).toMatch(
        new RegExp(
          `^Backup velero/shop-east-\\S+ in cluster "east" is Completed, and yet holds none of ${gizmos.groupResource} \\(${shop}/one; defined at \\d\\d:\\d\\d:\\d\\dZ\\): ` +
            "Velero looks every five minutes at what the API serves, and had not seen it yet\\. " +
            "Run up again after \\d\\d:\\d\\d:\\d\\dZ, which takes another; or restart Velero's server and run it at once\\.",
        ),
      );
      expect(await verdicts(stack)).toEqual(["rejected"]);
      const [blind] = await veleroObjects(east, "backups", stack);
      expect(blind?.status).toMatchObject({ phase: "Completed" });
      expect(Object.keys(await held(stack, blind?.metadata.name))).not.toContain(gizmos.stored);

      await east.velero.restart();
      const up = await ok(stack.up());
      expect(await verdicts(stack)).toEqual(["rejected", "true"]);
      const { backupName } = outputsOf(up, "shop");
      expect(await held(stack, backupName)).toMatchObject({ [gizmos.stored]: [`${shop}/one`] });
      await ok(stack.up({ refresh: true, expectNoChanges: true }));
    },
  );

  test("is followed by another in the same up, as soon as Velero must have seen it", async () => {
    const { stack, shop, gizmos } = await begin();
    stack.change(LOCATION + backup(""));
    const running = stack.up({ env: { ...clockAhead, CLOCK_AHEAD_SECONDS: "270" } });
    await waitUntil("the first one is rejected", async () =>
      (await verdicts(stack)).includes("rejected") ? true : undefined,
    );
    await east.velero.restart();
    const up = await ok(running);
    expect(messagesOf(up)).toMatch(
      new RegExp(
        `holds none of ${gizmos.groupResource}, and is rejected: Velero looks every five minutes .*, another is taken at`,
      ),
    );
    expect(await verdicts(stack)).toEqual(["rejected", "true"]);
    const { backupName, health } = outputsOf(up, "shop");
    expect(health).toBe("Healthy");
    expect(await held(stack, backupName)).toMatchObject({ [gizmos.stored]: [`${shop}/one`] });
    expect((await liveObject(east, "backups", backupName)).status).toMatchObject({ phase: "Completed" });
  });

  test("is a good one where it leaves the kind out, and where Velero has seen it", async () => {
    const { stack, gizmos } = await begin();
    stack.change(
      LOCATION + backup(`excludedResources: ["${gizmos.groupResource}"], timeouts: { create: "2m" }`),
    );
    await ok(stack.up());
    await east.velero.restart();
    stack.change(LOCATION + backup('timeouts: { create: "2m" }'));
    await ok(stack.up());
    expect(await verdicts(stack)).toEqual(["true", "true"]);
  });
});
