import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { seedNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { complaintsIn } from "./complaints.ts";
import { passingStack } from "./observe.ts";
import { messagesOf, resourceIn, veleroObjects, veleroPath } from "./stack.ts";

const location = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });`;
const schedule = `new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *" });`;
const once = `new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: ["shop"] });`;

// A sandbox of its own, whose Velero it stops.
describeOnSandbox("A Velero that died", () => {
  vi.setConfig({ testTimeout: 240_000 });
  let sandbox: Sandbox;
  let east: SandboxCluster;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east"] });
    east = sandbox.cluster("east");
    await seedNamespace(east, "shop", { objects: 4 });
  });
  afterAll(() => sandbox.stop());

  /** As if it had been stopped for an hour: Velero alone writes when it has last looked at a location. */
  async function letLocationAge(name: string): Promise<void> {
    const old = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, "");
    await east.kubernetes.patch(veleroPath("backupstoragelocations", name), {
      status: { lastValidationTime: old },
    });
  }

  test("long ago is told by a refresh, of the location and its schedules, and no backup is begun", async () => {
    const stack = await passingStack(sandbox, location + schedule);
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    await east.velero.stop();
    try {
      await letLocationAge(String(resourceIn(first, "primary-east").outputs?.["locationName"]));
      const refresh = await stack.refresh();
      for (const name of ["primary-east", "nightly"]) {
        const { health, message } = resourceIn(refresh, name).outputs ?? {};
        expect(health).toBe("Unknown");
        expect(message).toMatch(
          /velero\/primary-east-\S+ in cluster "east" was not validated since .*: is Velero's server still running\?/,
        );
      }
      stack.change(location + schedule + once);
      const up = await stack.up();
      expect(complaintsIn(up).join("\n")).toMatch(
        /^clusters\.east\.namespace: no Velero works in namespace "velero" of cluster "east"/,
      );
      expect(up.durationMs).toBeLessThan(120_000);
      expect(await veleroObjects(east, "backups", stack)).toEqual([]);
      expect(await east.kubernetes.list("/apis/velero.io/v1/namespaces/velero/serverstatusrequests")).toEqual(
        [],
      );
    } finally {
      await east.velero.start();
    }
    const mended = await stack.up();
    expect(mended.ok, messagesOf(mended)).toBe(true);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(1);
  });

  test("a moment ago ends the wait for a backup and for a schedule, which the next up goes on with", async () => {
    const stack = await passingStack(sandbox, location);
    expect((await stack.up()).ok).toBe(true);
    await east.velero.stop();
    stack.change(location + once + schedule);
    const up = await stack.up().finally(() => east.velero.start());
    const complaints = complaintsIn(up).join("\n");
    expect(complaints).toMatch(
      /no Velero works in namespace "velero" of cluster "east": Backup velero\/once-\S+ does not get on\. See that/,
    );
    expect(complaints).toMatch(
      /no Velero works in namespace "velero" of cluster "east": Schedule velero\/nightly-\S+ in cluster "east" was not accepted/,
    );
    expect(up.durationMs).toBeLessThan(120_000);

    const done = await stack.up();
    expect(done.ok, messagesOf(done)).toBe(true);
    expect(await veleroObjects(east, "backups", stack)).toHaveLength(1);
  });
});
