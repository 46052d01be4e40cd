import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { dataKeys, liveObject, markerAt, markerKey, passingStack, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const location = (more = "") => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east }, ${more} });
  exports.location = location.clusters.east.locationName;
`;
const backup = `
  new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
  });
`;

/** Locations side by side, each at a prefix of its own name, under the key `east`; `more` of it by name. */
const sideBySide = (names: string[], more: Record<string, string> = {}, rest = "") => `
  const rebuilt = { kubeconfig: { env: "REBUILT_KUBECONFIG" } };
  const made = {};
  const make = (name, cluster) => made[name] = new velero.BackupLocation(name, {
    storage: { minio: { ...storage.minio, prefix: name === "root" ? "root/inside" : name } }, clusters: { east: cluster },
  });
  ${names
    .map((name) => `make("${name}", { ...${name === "rebuilt" ? "rebuilt" : "east"}, ${more[name] ?? ""} });`)
    .join("\n")}
  const backUp = (name, ttl) => new velero.ClusterBackup("of-" + name, {
    location: made[name], cluster: "east", includedNamespaces: [process.env.SHOP], ttl,
  });
  ${rest}
`;

describeOnSandbox("Attaching a cluster to a prefix", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];
  const client = sandbox.minio.client();
  const uidOf = async ({ kubernetes }: SandboxCluster) =>
    (await kubernetes.get("/api/v1/namespaces/kube-system"))?.metadata.uid;

  async function shopInBoth() {
    const shop = await createNamespace(east, "shop");
    for (const cluster of [east, west]) await seedNamespace(cluster, shop, { objects: 4 });
    return shop;
  }

  test("claims an empty one, keeps all others out, deletes nothing there once the claim is gone, and takes it up again where state was lost", async () => {
    const stack = await passingStack(sandbox, location() + backup, { env: { SHOP: await shopInBoth() } });
    const up = await ok(stack.up());
    const { urn, outputs } = resourceIn(up, "primary-east");
    const marker = await markerAt(sandbox, stack.bucket, "east");
    expect(marker).toEqual({
      version: 1,
      owner: urn,
      lineage: outputsOf(up, "primary")["lineage"],
      formerOwners: [],
      incarnation: outputs?.["incarnation"],
      cluster: { key: "east", uid: await uidOf(east) },
    });

    const rival = await passingStack(sandbox, location(), { bucket: stack.bucket });
    const kept = await rival.up();
    expect(kept.ok).toBe(false);
    expect(messagesOf(kept)).toContain(`clusters.east.prefix: east/ belongs to ${urn} (cluster "east")`);
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toHaveLength(1);
    await ok(rival.destroy());
    expect(await markerAt(sandbox, stack.bucket, "east")).toEqual(marker);

    const stored = await dataKeys(sandbox, stack.bucket);
    await client.removeObject(stack.bucket, markerKey("east"));
    stack.change(location());
    const unclaimed = await stack.up();
    expect(unclaimed.ok).toBe(false);
    expect(messagesOf(unclaimed)).toMatch(
      /deletionPolicy: stored backups are not deleted, since east\/ in .* does not carry this location's claim/,
    );
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual(stored);
    expect(await veleroObject(east, "backups", outputsOf(up, "once")["backupName"])).toBeDefined();
    await client.putObject(stack.bucket, markerKey("east"), JSON.stringify(marker));
    await ok(stack.up());
    expect(await dataKeys(sandbox, stack.bucket, "east/")).toEqual([]);

    const { lineage } = marker;
    const object = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    const anew = await passingStack(sandbox, location(), { bucket: stack.bucket, stack: stack.stack });
    const refused = await anew.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`set adoptLineage: "${lineage}" on the location`);
    anew.change(location(`adoptLineage: "${lineage}"`));
    expect((await ok(anew.up())).outputs).toEqual(up.outputs);
    const same = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    expect(same.metadata.uid).toBe(object.metadata.uid);
    expect(same.spec?.["accessMode"]).toBe("ReadWrite");
  }, 240_000);

  test("that another has written, or that was released and of which something has expired, is read-only until takeOver; nothing of it is deleted", async () => {
    const taken = ["rebuilt", "released"];
    const backUp = 'backUp("rebuilt"); backUp("released", "10s");';
    const stack = await passingStack(sandbox, sideBySide(taken, {}, backUp), {
      env: { SHOP: await shopInBoth(), REBUILT_KUBECONFIG: east.kubeconfig },
    });
    const elsewhere = { REBUILT_KUBECONFIG: west.kubeconfig };
    const before = await ok(stack.up({ env: elsewhere }));
    const { backupName, expiration } = outputsOf(before, "of-released");
    await ok(stack.destroy({ env: elsewhere }));
    await putBackup(stack.bucket, "theirs/east/backups/theirs");
    const stored = await dataKeys(sandbox, stack.bucket);
    await sleep(Math.max(0, Date.parse(String(expiration)) - Date.now()) + 1_000);

    const all = [...taken, "theirs"];
    stack.change(sideBySide(all));
    const attached = await ok(stack.up());
    const messageOf = (name: string) => String(outputsOf(attached, `${name}-east`)["message"]);
    const takeOverIn = (name: string) =>
      `takeOver: ${/takeOver: ("[0-9a-f]{12}")/.exec(messageOf(name))?.[1]}`;
    const specOf = async (name: string) =>
      (await liveObject(east, "backupstoragelocations", outputsOf(attached, `${name}-east`)["locationName"]))
        .spec;
    for (const name of all) {
      expect(outputsOf(attached, `${name}-east`)).toMatchObject({
        accessMode: "ReadOnly",
        phase: "Available",
      });
      expect(await specOf(name)).toMatchObject({ accessMode: "ReadOnly" });
      expect(messagesOf(attached)).toContain(messageOf(name));
    }
    expect(messageOf("rebuilt")).toContain('/east/ was written by another cluster under the key "east"');
    expect((await markerAt(sandbox, stack.bucket, "rebuilt/east")).cluster.uid).toBe(await uidOf(west));
    expect(messageOf("released")).toMatch(/was released on \S+, and backups in it have expired since/);
    expect(messageOf("released")).toContain(
      `Once writable, Velero deletes what has expired there: 1 (${String(backupName)}).`,
    );
    expect(messageOf("theirs")).toContain(
      "theirs/east/ holds backups but no marker of ours, and another Velero may write there",
    );
    expect(messageOf("theirs")).toContain("None of its backups has expired.");
    await ok(stack.up({ expectNoChanges: true }));
    // As soon as Velero has read it back it would delete it, if it could.
    await waitUntil("the expired backup is synced", () => veleroObject(east, "backups", backupName), {
      timeoutMs: 90_000,
    });
    await sleep(5_000);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);

    await client.putObject(stack.bucket, "root/inside/backups/theirs/velero-backup.json", "{}");
    const wrong = { theirs: 'takeOver: "000000000000"' };
    stack.change(sideBySide([...all, "root"], wrong, 'backUp("released");'));
    const refused = await stack.up({ continueOnError: true });
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(
      /location: BackupStorageLocation velero\/\S+ in cluster "east" is read-only.*takeOver/,
    );
    expect(messagesOf(refused)).toContain("is already the root of a Velero location");
    expect(await sandbox.minio.objectKeys(stack.bucket, "root/")).toHaveLength(1);
    expect(outputsOf(refused, "theirs-east")).toMatchObject({ accessMode: "ReadOnly" });

    const right = { theirs: takeOverIn("theirs"), released: takeOverIn("released") };
    stack.change(sideBySide(all, right, 'backUp("released");'));
    const over = await ok(stack.up());
    expect(stepsOf(over)).toEqual(
      expect.arrayContaining(["same rebuilt-east", "update released-east", "create of-released"]),
    );
    for (const name of ["theirs", "released"]) {
      expect(outputsOf(over, `${name}-east`)).toMatchObject({ accessMode: "ReadWrite" });
      expect(outputsOf(over, `${name}-east`)).not.toHaveProperty("message");
      expect(await specOf(name)).toMatchObject({ accessMode: "ReadWrite" });
      const { owner } = await markerAt(sandbox, stack.bucket, `${name}/east`);
      expect(owner).toBe(resourceIn(over, `${name}-east`).urn);
    }
    expect(await dataKeys(sandbox, stack.bucket, "theirs/")).toEqual(
      stored.filter((key) => key.startsWith("theirs/")),
    );
  }, 240_000);

  /** A backup of a Velero that knows nothing of us. */
  async function putBackup(bucket: string, folder: string): Promise<void> {
    const object = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "theirs", namespace: "velero" },
      spec: { storageLocation: "theirs" },
      status: {
        phase: "Completed",
        expiration: new Date(Date.now() + 3_600_000).toISOString(),
        startTimestamp: "2026-01-01T00:00:00Z",
      },
    };
    await client.putObject(bucket, `${folder}/velero-backup.json`, JSON.stringify(object));
  }
});
