import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { backupByHand, locationByHand, phaseOf } from "./location-by-hand.ts";
import { liveObject } from "./observe.ts";
import { messagesOf, resourceIn, stackOn } from "./stack.ts";

const program = (options: string) => `
  new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, ${options} } } });
`;

// A sandbox of their own: Velero is stopped, and it has one default location.
describeOnSandbox("Adopting a location", () => {
  let sandbox: Sandbox;
  let east: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
  });

  afterAll(() => sandbox.stop());

  test("is gone on with where an up was killed in the middle", async () => {
    const { bucket, name } = await locationByHand(sandbox, east);
    const kept = await backupByHand(east, name);
    const stack = await stackOn(sandbox, program(`adopt: "${name}", prefix: "prod/eu"`), { bucket });
    // Without Velero the up waits for its verdict after everything is done.
    await east.velero.stop();
    try {
      const run = stack.start("up");
      await waitUntil("it is taken over", async () => {
        const { metadata } = await liveObject(east, "backupstoragelocations", name);
        return metadata.labels?.["pulumi-velero.io/owner"];
      });
      await run.killProvider();
      expect((await run.result).ok).toBe(false);
    } finally {
      await east.velero.start();
    }
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "primary-east").outputs).toMatchObject({
      locationName: name,
      accessMode: "ReadWrite",
    });
    expect(phaseOf(await liveObject(east, "backups", kept))).toBe("Completed");
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  }, 180_000);

  test("that is Velero's default leaves it that, unless something else is declared", async () => {
    const { bucket, name } = await locationByHand(sandbox, east, { spec: { default: true } });
    const isDefault = async () => (await liveObject(east, "backupstoragelocations", name)).spec?.["default"];
    const adopting = (more = "") => program(`adopt: "${name}", prefix: "prod/eu", ${more}`);
    const stack = await stackOn(sandbox, adopting(), { bucket });
    for (const options of ["", 'takeOver: "000000000000"', "default: true", ""]) {
      stack.change(adopting(options));
      const up = await stack.up();
      expect(up.ok, messagesOf(up)).toBe(true);
      expect(await isDefault()).toBe(true);
    }
    stack.change(adopting("default: false"));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(await isDefault()).not.toBe(true);
    const drift = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(drift.ok, messagesOf(drift)).toBe(true);
  }, 120_000);
});
