import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { complaintsOf } from "./complaints.ts";
import { phaseOf } from "./location-by-hand.ts";
import { liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf, upAll } from "./restore-stack.ts";
import { createRunningPod } from "./running-pod.ts";
import { messagesOf, veleroPath } from "./stack.ts";
import { createUnhookablePod } from "./unhookable-pod.ts";

const LOCATIONS = `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  const team = velero.locationFrom("team", location.handle, { clusters: { east } });`;
const backup = (name: string, namespace: string, args = "", location = "location") => `
  new velero.ClusterBackup("${name}", { location: ${location}, cluster: "east", includedNamespaces: ["${namespace}"], ${args} });`;
const skips = (type: string) =>
  `resourcePolicy: { volumePolicies: [{ conditions: { volumeTypes: ["${type}"] }, action: { type: "skip" } }] }`;

describeOnSandbox("The claims of a backup", (sandbox) => {
  const east = sandbox.cluster("east");
  const optOut = (claim: string) => ({
    annotations: { "backup.velero.io/backup-volumes-excludes": claim },
  });

  /** A namespace with a bound claim, `ledger`, which a running pod mounts. */
  async function shopWithLedger(pod: Parameters<typeof createRunningPod>[3] = {}): Promise<string> {
    const shop = await createNamespace(east, "shop");
    await createBoundVolume(east, shop, "ledger");
    await createRunningPod(east, shop, "ledger", pod);
    return shop;
  }

  const createPendingClaim = (namespace: string) =>
    east.kubernetes.create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "waiting" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });

  async function backUpByHand(namespace: string, storageLocation: unknown): Promise<string> {
    const name = `by-hand-${namespace}`;
    await east.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name },
      spec: { storageLocation, includedNamespaces: [namespace] },
    });
    await waitUntil("it is complete", async () =>
      phaseOf(await liveObject(east, "backups", name)) === "Completed" ? true : undefined,
    );
    return name;
  }

  test("are told ahead by a preview, left out where that is declared, and missed where nothing saves them", async () => {
    const [shop, empty] = [await shopWithLedger(), await createNamespace(east, "shop")];
    const [optedOut, mixed] = [await shopWithLedger(optOut("ledger")), await shopWithLedger()];
    await createBoundVolume(east, mixed, "idle");
    await createBoundVolume(east, mixed, "cache");
    await createRunningPod(east, mixed, "cache", optOut("cache"));
    await Promise.all([shop, mixed].map(createPendingClaim));

    const previewed =
      LOCATIONS +
      backup("copied", mixed, 'volumes: "fileCopy"') +
      backup("snapshots", mixed, 'volumes: "snapshot"') +
      backup("unsaid", mixed) +
      backup("none", mixed, 'volumes: "none"');
    const stack = await passingStack(sandbox, previewed);
    const told = messagesOf(await ok(stack.preview()))
      .split("\n")
      .flatMap((line) => /volumes in cluster "east": .*/.exec(line) ?? []);
    expect(told, "one of them saves no volumes by declaration").toHaveLength(3);
    for (const words of [
      `1 left out by what is declared, 1 without a volume so far; nothing saves ${mixed}/idle (no pod in the backup mounts it); ` +
        `${mixed}/ledger (its PersistentVolume is a hostPath, of which Velero copies no files)`,
      `1 without a volume so far; nothing saves ${mixed}/cache, ${mixed}/idle, ${mixed}/ledger (its PersistentVolume is a hostPath, ` +
        "and there is no VolumeSnapshotLocation by which a plugin could take a snapshot of it)",
      // Velero runs outside of the cluster here, with a Deployment that is scaled to 0.
      `1 without a volume so far; not to be told of ${mixed}/cache, ${mixed}/idle, ${mixed}/ledger ` +
        "(`volumes` is not said, and the defaults of Velero's server cannot be seen)",
    ])
      expect(told).toContain(`volumes in cluster "east": of 4 claims none would be saved, ${words}`);

    const good =
      LOCATIONS +
      backup("opted-out", optedOut, 'volumes: "fileCopy"') +
      backup("policy-skips", shop, skips("hostPath"));
    stack.change(good);
    const up = await ok(stack.up());
    for (const name of ["opted-out", "policy-skips"])
      expect(outputsOf(up, name)).toMatchObject({
        phase: "Completed",
        volumesBackedUp: 0,
        health: "Healthy",
      });

    const byHand = await backUpByHand(shop, outputsOf(up, "primary-east")["locationName"]);
    stack.change(
      good +
        backup("own-way", shop) +
        backup("signed-url", shop, "", "team") +
        backup("annotated", optedOut, 'volumes: "snapshot"') +
        backup("other-policy", shop, skips("nfs")) +
        backup("uncopied", mixed, 'volumes: "fileCopy"') +
        backup("adopted", shop, `adopt: "${byHand}"`) +
        backup("no-object", empty, 'includedResources: ["cronjobs.batch"]') +
        backup("namespace-alone", empty, 'volumes: "none", labelSelector: { matchLabels: { app: "none" } }'),
    );
    const failed = await upAll(stack);
    const complaintOf = (name: string): string => {
      const [complaint = "", ...others] = complaintsOf(failed, name);
      expect(others, name).toEqual([]);
      return complaint;
    };
    for (const name of ["own-way", "signed-url"]) {
      expect(complaintOf(name)).toMatch(
        /^volumes: Backup velero\/\S+ in cluster "east" is Completed, and yet holds no data of 1 of 2 claims: /,
      );
      expect(complaintOf(name)).toContain(
        `${shop}/ledger (its PersistentVolume is a hostPath, and there is no VolumeSnapshotLocation`,
      );
      expect(complaintOf(name)).toContain("Make a VolumeSnapshotLocation of its storage's provider.");
      expect(complaintOf(name)).toContain("velero.io/exclude-from-backup");
    }
    expect(complaintOf("annotated"), "the annotation is about file copies").toContain(`${optedOut}/ledger (`);
    expect(complaintOf("other-policy")).toMatch(/holds no data of 1 of 2 claims: \S+\/ledger \(/);
    expect(complaintOf("uncopied"), "Velero's own error").toContain(
      "daemonset pod not found in running state",
    );
    expect(complaintOf("uncopied")).toContain(`It holds no data of ${mixed}/ledger (`);
    expect(complaintOf("uncopied")).toContain(`${mixed}/idle (no pod in the backup mounts it)`);
    expect(complaintOf("adopted")).toMatch(
      /^adopt: Backup velero\/\S+ in cluster "east" is no good backup: .*holds no data of 1 of 2 claims/,
    );
    expect((await liveObject(east, "backups", byHand)).metadata.labels).not.toHaveProperty([
      "pulumi-velero.io/owner",
    ]);
    expect(complaintOf("no-object")).toContain("holds no object at all");
    expect(complaintOf("namespace-alone")).toContain("no object that was selected, but namespaces alone");
  }, 420_000);

  test("are named where a backup fails in part, and are missed though such backups are allowed", async () => {
    const shop = await createNamespace(east, "shop");
    await createBoundVolume(east, shop, "ledger");
    await createUnhookablePod(east, shop);
    const allowed = backup("allowed", shop, 'volumes: "fileCopy", allowPartialFailure: true');
    const stack = await passingStack(
      sandbox,
      LOCATIONS + backup("refused", shop, 'volumes: "fileCopy"') + allowed,
    );
    const rejected: unknown[] = [];
    // The next up must not take it for good either.
    for (let run = 0; run < 2; run++) {
      const failed = await upAll(stack);
      const [refusal] = complaintsOf(failed, "refused");
      expect(refusal).toMatch(/^Backup velero\/\S+ in cluster "east" ended PartiallyFailed \(\d+ errors/);
      expect(refusal).toContain(`It holds no data of ${shop}/ledger (no pod in the backup mounts it`);
      expect(complaintsOf(failed, "allowed")).toEqual([
        expect.stringMatching(
          /is PartiallyFailed, and yet holds no data of 1 of 1 claim: \S+\/ledger \(no pod/,
        ),
      ]);
      rejected.push(outputsOf(failed, "allowed")["backupName"]);
    }
    expect(new Set(rejected).size).toBe(2);

    await createRunningPod(east, shop, "ledger", optOut("ledger"));
    stack.change(LOCATIONS + allowed);
    const up = await ok(stack.up());
    expect(outputsOf(up, "allowed")).toMatchObject({ phase: "PartiallyFailed", health: "Healthy" });
  }, 420_000);
});
