import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { messagesOf, resourceIn, stackOn, stepsOf, veleroObjects, veleroPath } from "./stack.ts";

const PROGRAM = `
const rotating = { ...keys, sessionToken: { env: "MINIO_SESSION_TOKEN" } };
storage.minio.credentials = { static: rotating };
const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
new velero.ClusterBackup("often", { location, cluster: "east", schedule: "@every 1m", includedNamespaces: [process.env.SHOP], ttl: "1h" });
`;

/** Each takes an up and a backup by hand. */
const ROTATIONS = 6;

describeOnSandbox("Rotating credentials", (sandbox) => {
  test("again and again under a running schedule loses no backup, each is in force when up returns, and a bad new key fails and changes nothing", async () => {
    const east = sandbox.cluster("east");
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 5 });
    const stack = await stackOn(sandbox, PROGRAM, { env: { SHOP: shop } });
    const first = await stack.up({ env: await freshKeys(sandbox) });
    expect(first.ok, messagesOf(first)).toBe(true);
    const name = String(resourceIn(first, "primary-east").outputs?.["locationName"]);
    const expectInForce = async (file: string) => {
      expect(await credentialFile(east, name)).toBe(file);
      const location = await east.kubernetes.get(veleroPath("backupstoragelocations", name));
      expect(location?.status?.["phase"]).toBe("Available");
    };

    const secrets = new Set<string>();
    let last: Record<string, string> = {};
    for (let round = 0; round < ROTATIONS; round++) {
      last = await freshKeys(sandbox);
      const up = await stack.up({ env: last });
      expect(up.ok, messagesOf(up)).toBe(true);
      expect(stepsOf(up)).toEqual(["update primary", "update primary-east", "update often"]);
      const file = await credentialFile(east, name);
      expect(file).toContain(last["MINIO_ACCESS_KEY"]);
      secrets.add(file);
      await expectInForce(file);
      // The schedule's minute is too long to meet every rotation.
      expect(await takeBackup(east, name, shop, round)).toMatchObject({ phase: "Completed" });
    }
    expect(secrets.size).toBe(ROTATIONS);

    const before = await credentialFile(east, name);
    const failed = await stack.up({
      env: { ...last, MINIO_SECRET_KEY: "not-the-secret-of-this-key" },
    });
    expect(failed.ok).toBe(false);
    expect(messagesOf(failed)).toContain("storage.minio.credentials.static.secretAccessKey");
    expect(messagesOf(failed)).toContain("SignatureDoesNotMatch");
    expect(messagesOf(failed)).not.toContain("not-the-secret-of-this-key");
    await expectInForce(before);

    // Those of this test, and the schedule's.
    const all = await waitUntil(
      "the schedule has run and all backups have ended",
      async () => {
        const backups = await veleroObjects(east, "backups", stack);
        return backups.length > ROTATIONS && backups.every(hasEnded) ? backups : undefined;
      },
      { timeoutMs: 130_000 },
    );
    const unlucky = all.map(({ status }) => status).filter((status) => status?.["phase"] !== "Completed");
    expect(unlucky).toEqual([]);

    const destroy = await stack.destroy({ env: await freshKeys(sandbox) });
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
  }, 360_000);
});

async function freshKeys(sandbox: Sandbox): Promise<Record<string, string>> {
  const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
  return { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey, MINIO_SESSION_TOKEN: sessionToken };
}

async function credentialFile(cluster: SandboxCluster, name: string): Promise<string> {
  const secret = await cluster.kubernetes.get(`/api/v1/namespaces/velero/secrets/${name}`);
  return Buffer.from(
    String((secret?.["data"] as Record<string, string> | undefined)?.["cloud"]),
    "base64",
  ).toString();
}

const hasEnded = ({ status }: KubernetesObject): boolean =>
  ["Completed", "PartiallyFailed", "Failed", "FailedValidation"].includes(String(status?.["phase"]));

/** A backup made by hand; what became of it. */
async function takeBackup(
  { kubernetes }: SandboxCluster,
  storageLocation: string,
  namespace: string,
  round: number,
): Promise<KubernetesObject["status"]> {
  const name = `${storageLocation}-${round}`;
  await kubernetes.create(veleroPath("backups"), {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name, namespace: "velero" },
    spec: { storageLocation, includedNamespaces: [namespace], ttl: "1h" },
  });
  return waitUntil(`${name} has ended`, async () => {
    const backup = await kubernetes.get(veleroPath("backups", name));
    return backup && hasEnded(backup) ? backup.status : undefined;
  });
}
