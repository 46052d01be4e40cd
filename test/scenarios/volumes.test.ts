import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsIn } from "./complaints.ts";
import { liveObject, passingStack } from "./observe.ts";
import { createRunningPod } from "./running-pod.ts";
import { messagesOf, resourceIn } from "./stack.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

const OPT_OUT = { "backup.velero.io/backup-volumes-excludes": "ledger" };

describeOnSandbox("The claims of a backup", (sandbox) => {
  const east = sandbox.cluster("east");

  /** A namespace with a bound claim, `ledger`, which a running pod mounts. */
  async function shopWithLedger(parts: Parameters<typeof createRunningPod>[3] = {}): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await createBoundVolume(east, shop, "ledger");
    await createRunningPod(east, shop, "ledger", parts);
    return shop;
  }

  const createPendingClaim = (namespace: string, name: string) =>
    east.kubernetes.create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });

  const program = (args: string, location = "location") => `
    const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
    const team = velero.locationFrom("team", location.handle, { clusters: { east } });
    new velero.ClusterBackup("shop", { location: ${location}, cluster: "east", includedNamespaces: [process.env.SHOP], ${args} });`;

  test.each([
    ["read by the program's own way", "location"],
    ["read by Velero's signed URL", "team"],
  ])(
    "that a running pod mounts and nothing saves fails the up, %s",
    async (_how, location) => {
      const shop = await shopWithLedger();
      const stack = await passingStack(sandbox, program("", location), { env: { SHOP: shop } });
      const failed = await stack.up();
      expect(failed.ok, messagesOf(failed)).toBe(false);
      const [complaint, ...others] = complaintsIn(failed);
      expect(others).toEqual([]);
      expect(complaint).toMatch(
        /^volumes: Backup velero\/\S+ in cluster "east" is Completed, and yet holds no data of 1 of 1 claim: /,
      );
      expect(complaint).toContain(
        `${shop}/ledger (its PersistentVolume is a hostPath, and there is no VolumeSnapshotLocation`,
      );
      expect(complaint).toContain("Make a VolumeSnapshotLocation of its storage's provider.");
      expect(complaint).toContain("velero.io/exclude-from-backup");
    },
    240_000,
  );

  test("are left out by a pod's annotation where Velero reads it, and nowhere else", async () => {
    const shop = await shopWithLedger({ annotations: OPT_OUT });
    const stack = await passingStack(sandbox, program('volumes: "fileCopy"'), { env: { SHOP: shop } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed", volumesBackedUp: 0 });

    stack.change(program('volumes: "snapshot"'));
    expect(complaintsIn(await stack.up())).toEqual([expect.stringContaining(`${shop}/ledger (`)]);
  }, 240_000);

  test("are left out by a volume policy that skips them; one that waits for a volume is not missed", async () => {
    const shop = await shopWithLedger();
    await createPendingClaim(shop, "waiting");
    const skip = (types: string[]) =>
      program(
        `resourcePolicy: { volumePolicies: [{ conditions: { volumeTypes: ${JSON.stringify(types)} }, action: { type: "skip" } }] }`,
      );
    const stack = await passingStack(sandbox, skip(["nfs"]), { env: { SHOP: shop } });
    expect(complaintsIn(await stack.up())).toEqual([
      expect.stringMatching(/holds no data of 1 of 2 claims: \S+\/ledger \(/),
    ]);
    stack.change(skip(["hostPath"]));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ volumesBackedUp: 0, health: "Healthy" });
  }, 240_000);

  test("are named where a backup fails in part, and are missed though such backups are allowed", async () => {
    const shop = await createNamespace(east, "shop");
    await createBoundVolume(east, shop, "ledger");
    await createUnhookablePod(east, shop);
    const partial = (args: string) => program(`volumes: "fileCopy", ${args}`);
    const stack = await passingStack(sandbox, partial(""), { env: { SHOP: shop } });
    const [first] = complaintsIn(await stack.up());
    expect(first).toMatch(/^Backup velero\/\S+ in cluster "east" ended PartiallyFailed \(\d+ errors/);
    expect(first).toContain(`It holds no data of ${shop}/ledger (no pod in the backup mounts it`);

    stack.change(partial("allowPartialFailure: true"));
    const rejected: unknown[] = [];
    // The next up must not take it for good either.
    for (let run = 0; run < 2; run++) {
      const failed = await stack.up();
      expect(complaintsIn(failed)).toEqual([
        expect.stringMatching(
          /is PartiallyFailed, and yet holds no data of 1 of 1 claim: \S+\/ledger \(no pod/,
        ),
      ]);
      rejected.push(resourceIn(failed, "shop").outputs?.["backupName"]);
    }
    expect(new Set(rejected).size).toBe(2);

    await createRunningPod(east, shop, "ledger", { annotations: OPT_OUT });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "PartiallyFailed", health: "Healthy" });
  }, 240_000);

  test("of a volume that no node agent can copy are named with that", async () => {
    const shop = await shopWithLedger();
    const stack = await passingStack(sandbox, program('volumes: "fileCopy"'), { env: { SHOP: shop } });
    const [complaint] = complaintsIn(await stack.up());
    expect(complaint).toContain(`It holds no data of ${shop}/ledger (`);
    expect(complaint).toContain("daemonset pod not found in running state");
  }, 240_000);

  test("of a backup that was made by hand have to be there as well before it is adopted", async () => {
    const shop = await shopWithLedger();
    const stack = await passingStack(
      sandbox,
      `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
       exports.name = location.clusters.east.locationName;`,
      { env: { SHOP: shop } },
    );
    const made = await stack.up();
    const name = `by-hand-${shop}`;
    const path = "/apis/velero.io/v1/namespaces/velero/backups";
    await east.kubernetes.create(path, {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name },
      spec: { storageLocation: String(made.outputs["name"]), includedNamespaces: [shop] },
    });
    await expect
      .poll(async () => (await east.kubernetes.get(`${path}/${name}`))?.status?.["phase"], {
        timeout: 60_000,
      })
      .toBe("Completed");
    stack.change(program(`adopt: ${JSON.stringify(name)}`));
    const failed = await stack.up();
    expect(complaintsIn(failed)).toEqual([
      expect.stringMatching(
        /^adopt: Backup velero\/\S+ in cluster "east" is no good backup: .*holds no data of 1 of 1 claim/,
      ),
    ]);
    expect((await liveObject(east, "backups", name)).metadata.labels).not.toHaveProperty([
      "pulumi-velero.io/owner",
    ]);
  }, 240_000);

  test("are no matter where a backup holds nothing at all, which is no backup", async () => {
    const shop = await createNamespace(east, "shop");
    for (const [filter, words] of [
      ['includedResources: ["cronjobs.batch"]', "holds no object at all"],
      ['volumes: "none", includedResources: ["cronjobs.batch"]', "holds no object at all"],
      [
        'labelSelector: { matchLabels: { app: "none" } }',
        "no object that was selected, but namespaces alone",
      ],
      ['volumes: "none", labelSelector: { matchLabels: { app: "none" } }', "but namespaces alone"],
    ] as const) {
      const stack = await passingStack(sandbox, program(filter), { env: { SHOP: shop } });
      const failed = await stack.up();
      expect(complaintsIn(failed)).toEqual([expect.stringContaining(words)]);
    }
  }, 240_000);

  test("are told ahead by a preview: how many are saved how, and which by nothing; an up finds the same", async () => {
    const shop = await shopWithLedger();
    await createBoundVolume(east, shop, "idle");
    await createBoundVolume(east, shop, "cache");
    await createRunningPod(east, shop, "cache", {
      annotations: { "backup.velero.io/backup-volumes-excludes": "cache" },
    });
    await createPendingClaim(shop, "waiting");
    const stack = await passingStack(sandbox, program('volumes: "fileCopy"'), { env: { SHOP: shop } });
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(toldOfVolumes(preview)).toEqual([
      'volumes in cluster "east": of 4 claims none would be saved, 1 left out by what is declared, 1 without a volume so far; ' +
        `nothing saves ${shop}/idle (no pod in the backup mounts it); ` +
        `${shop}/ledger (its PersistentVolume is a hostPath, of which Velero copies no files)`,
    ]);
    const [complaint] = complaintsIn(await stack.up());
    expect(complaint).toContain(`${shop}/idle (no pod in the backup mounts it)`);

    stack.change(program('volumes: "snapshot"'));
    const [snapshots] = toldOfVolumes(await stack.preview());
    expect(snapshots).toMatch(/of 4 claims none would be saved, 1 without a volume so far; nothing saves /);
    expect(snapshots).toContain("and there is no VolumeSnapshotLocation");
    // Velero runs outside of the cluster here, with a Deployment that is scaled to 0.
    stack.change(program(""));
    expect(toldOfVolumes(await stack.preview())).toEqual([
      expect.stringContaining("(`volumes` is not said, and the defaults of Velero's server cannot be seen)"),
    ]);
    stack.change(program('volumes: "none"'));
    expect(toldOfVolumes(await stack.preview())).toEqual([]);
  }, 240_000);
});

/** What a run tells of volumes, without the name of who tells it. */
const toldOfVolumes = (run: RunResult): string[] =>
  messagesOf(run)
    .split("\n")
    .flatMap((line) => /volumes in cluster "east": .*/.exec(line) ?? []);
