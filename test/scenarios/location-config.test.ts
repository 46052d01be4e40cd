import { onTestFinished, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, liveObject, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf, veleroPath } from "./stack.ts";

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

  test("reach the location, change in place, and an edit of them is drift", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const secret = await secretWithProfiles();
    const stack = await passingStack(sandbox, program(secret, { profile: "backups" }), {
      env: { SHOP: shop },
    });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "once").outputs).toMatchObject({ phase: "Completed" });
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
    expect((await stack.refresh({ previewOnly: true, expectNoChanges: true })).ok).toBe(false);
    expect(resourceIn(await stack.refresh(), "primary-east").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(
        `someone else has changed config of BackupStorageLocation velero/${String(location)}`,
      ),
    });

    stack.change(program(secret, { profile: "spare" }));
    const changed = await stack.up();
    expect(changed.ok, messagesOf(changed)).toBe(true);
    expect(stepsOf(changed)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(changed.outputs).toEqual(up.outputs);
    expect(await configOf()).toMatchObject({ profile: "spare" });
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
  }, 120_000);

  test("are refused by name where a property says them, or nobody should", async () => {
    const stack = await passingStack(
      sandbox,
      program("none", {
        publicURL: "https://minio.acme.org",
        insecureSkipTLSVerify: "true",
        note: "sig=canary-secret",
      }),
      { env: { SHOP: "shop" } },
    );
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    const told = messagesOf(preview);
    expect(told).toMatch(
      /storage\.minio\.config\.publicURL: .*is what storage\.minio\.publicUrl says: declare that/,
    );
    expect(told).toMatch(/storage\.minio\.config\.insecureSkipTLSVerify: is refused.*`caCertificate`/);
    expect(told).toMatch(/storage\.minio\.config\.note: looks like a secret/);
    expect(told).not.toContain("canary-secret");
  });
});
