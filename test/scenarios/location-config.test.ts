import { expect, onTestFinished, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, stepsOf, veleroPath } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

const program = (secret: string, config: Record<string, string>) => `
  storage.minio.credentials = { existingSecret: { name: "${secret}", key: "file" } };
  storage.minio.config = ${JSON.stringify(config)};
  const location = new velero.BackupLocation("primary", {
    storage, access: { credentials: { static: keys } }, clusters: { east },
  });
  const once = new velero.ClusterBackup("once", { location, cluster: "east", includedNamespaces: [process.env.SHOP] });
  exports.location = location.clusters.east.locationName;
  exports.once = once.backupName;
`;

describeOnSandbox("Keys of Velero's plugin that no property says", (sandbox) => {
  const east = sandbox.cluster("east");

  /** A credential file of which only some profiles open the bucket. */
  async function secretWithProfiles(): Promise<string> {
    const { accessKey, secretKey } = sandbox.minio;
    const profile = (name: string, key: string) =>
      `[${name}]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${key}\n`;
    const file = profile("default", "wrong") + profile("backups", secretKey) + profile("spare", secretKey);
    const name = uniqueName("profiles");
    await east.kubernetes.create(SECRETS, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      data: { file: Buffer.from(file).toString("base64") },
    });
    onTestFinished(() => east.kubernetes.delete(`${SECRETS}/${name}`));
    return name;
  }

  test("reach the location, change in place, are drift when edited, and are refused where a property says them, or nobody should", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const secret = await secretWithProfiles();
    const refusedKeys = {
      publicURL: "https://minio.acme.org",
      insecureSkipTLSVerify: "true",
      note: "sig=canary-secret",
    };
    const stack = await passingStack(sandbox, program(secret, refusedKeys), { env: { SHOP: shop } });
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    const told = messagesOf(preview);
    for (const words of [
      /storage\.minio\.config\.publicURL: .*is what storage\.minio\.publicUrl says: declare that/,
      /storage\.minio\.config\.insecureSkipTLSVerify: is refused.*`caCertificate`/,
      /storage\.minio\.config\.note: looks like a secret/,
    ])
      expect(told).toMatch(words);
    expect(told).not.toContain("canary-secret");

    stack.change(program(secret, { profile: "backups" }));
    const up = await ok(stack.up());
    expect(outputsOf(up, "once")).toMatchObject({ phase: "Completed" });
    const { location, once } = up.outputs;
    const configOf = async () =>
      (await liveObject(east, "backupstoragelocations", location)).spec?.["config"];
    expect(await configOf()).toMatchObject({ s3Url: sandbox.minio.endpoint, profile: "backups" });
    expect(await dataKeys(sandbox, stack.bucket)).toContain(
      `east/backups/${String(once)}/velero-backup.json`,
    );

    await east.kubernetes.patch(veleroPath("backupstoragelocations", String(location)), {
      spec: { config: { profile: "default" } },
    });
    const refresh = await stack.refresh({ expectNoChanges: true });
    expect(refresh.ok).toBe(false);
    expect(outputsOf(refresh, "primary-east")).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(
        `someone else has changed config of BackupStorageLocation velero/${String(location)}`,
      ),
    });

    stack.change(program(secret, { profile: "spare" }));
    const changed = await ok(stack.up());
    expect(stepsOf(changed)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(changed.outputs).toEqual(up.outputs);
    expect(await configOf()).toMatchObject({ profile: "spare" });
  }, 120_000);
});
