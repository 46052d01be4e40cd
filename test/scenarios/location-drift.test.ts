import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { limitedKubeconfig } from "./limited-kubeconfig.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import { liveObject, markerAt, markerKey, passingStack, secretOf, veleroObject } from "./observe.ts";
import { messagesOf, resourceIn, type Stack, veleroPath } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

const program = (options = "") => `
  const location = new velero.BackupLocation("primary", { storage, ${options} clusters: { east, west: { ...west, reads: ["east"] } } });
  exports.own = location.clusters.west.locationName;
  exports.reads = location.clusters.west.readLocations;
  exports.version = location.clusters.west.serverVersion;
`;

/** One cluster alone, which nobody reads. */
const alone = (options = "") => `
  const location = new velero.BackupLocation("primary", { storage, ${options} clusters: { west } });
  exports.own = location.clusters.west.locationName;
`;

describeOnSandbox("A refresh", (sandbox) => {
  const west = sandbox.cluster("west");
  const locationPath = (name: string) => veleroPath("backupstoragelocations", name);

  async function settled(body: string, env: Record<string, string> = {}) {
    const stack = await passingStack(sandbox, body, { env });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const { own, reads } = up.outputs as { own: string; reads?: { east: string } };
    return { stack, up, own, reader: reads?.east ?? "" };
  }

  async function expectNoDrift(stack: Stack, env: Record<string, string> = {}): Promise<void> {
    const refresh = await stack.refresh({ previewOnly: true, env });
    const found = refresh.steps.filter(({ name }) => name.startsWith("primary-"));
    expect(found.map(({ name, drift }) => `${name}: ${drift}`)).toEqual(
      found.map(({ name }) => `${name}: same`),
    );
    expect(found).not.toEqual([]);
  }

  /** It is drift for CI, has this health and these words, and the next up ends it. */
  async function expectDrift(stack: Stack, health: string, words: string | RegExp): Promise<void> {
    const monitored = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(monitored.ok).toBe(false);
    const { outputs } = resourceIn(await stack.refresh(), "primary-west");
    expect(outputs).toMatchObject({
      health,
      message: typeof words === "string" ? expect.stringContaining(words) : expect.stringMatching(words),
    });
    expect(JSON.stringify(outputs)).not.toContain(sandbox.minio.secretKey);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const after = resourceIn(up, "primary-west").outputs;
    expect(after).toMatchObject({ health: "Healthy", accessMode: "ReadWrite" });
    expect(after).not.toHaveProperty("message");
    await expectNoDrift(stack);
  }

  async function freshKeys(): Promise<Record<string, string>> {
    const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
    return { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey, TOKEN: sessionToken };
  }

  const edit = (name: string, spec: object) => west.kubernetes.patch(locationPath(name), { spec });
  const specOf = async (cluster: SandboxCluster, name: string) =>
    (await liveObject(cluster, "backupstoragelocations", name)).spec;

  test("finds nothing where nothing is, whatever Velero and a rotation write into the location", async () => {
    const rotating = 'storage.minio.credentials = { static: { ...keys, sessionToken: { env: "TOKEN" } } };';
    const { stack, up, own } = await settled(rotating + program(), await freshKeys());
    expect(up.outputs["version"]).toMatch(/^v1\.\d+/);
    await expectNoDrift(stack);
    const env = await freshKeys();
    const rotated = await stack.up({ env });
    expect(rotated.ok, messagesOf(rotated)).toBe(true);
    expect((await specOf(west, own))?.["validationFrequency"]).toBe("60001ms");
    await expectNoDrift(stack, env);
    await edit(own, { validationFrequency: "1m0.001s", backupSyncPeriod: "5m" });
    await expectNoDrift(stack, env);
  }, 180_000);

  test("finds what someone has edited in a location, and up puts it right", async () => {
    const { stack, own, reader } = await settled(program());
    const before = await specOf(west, own);
    const read = await specOf(west, reader);

    await edit(own, { accessMode: "ReadOnly" });
    await expectDrift(stack, "Drifted", `velero/${own} was made read-only by someone else`);
    await edit(own, { config: { checksumAlgorithm: "CRC32", profile: "other" }, validationFrequency: "45s" });
    await edit(reader, { accessMode: "ReadWrite", backupSyncPeriod: "5m", validationFrequency: null });
    await expectDrift(
      stack,
      "Drifted",
      new RegExp(
        `someone else has changed config and validationFrequency of BackupStorageLocation velero/${own}; up .*` +
          `velero/${reader} was made writable by someone else; up .*` +
          `someone else has changed backupSyncPeriod and validationFrequency of BackupStorageLocation velero/${reader}; up `,
      ),
    );
    await edit(own, { credential: { name: own, key: "cloudy" } });
    await edit(reader, { objectStorage: { bucket: "elsewhere" } });
    await expectDrift(
      stack,
      "Drifted",
      new RegExp(
        `someone else has changed credential of BackupStorageLocation velero/${own}; up .*` +
          `velero/${reader} was pointed to aws bucket "elsewhere", east/`,
      ),
    );
    await west.kubernetes.delete(locationPath(reader));
    await expectDrift(stack, "Missing", `velero/${reader} is gone; up makes it again`);

    const { validationFrequency, ...spec } = (await specOf(west, own)) ?? {};
    expect(spec).toEqual({ ...before, validationFrequency: undefined });
    // The last up may have had Velero look.
    expect(validationFrequency).toMatch(/^(1m|6000[01]ms)$/);
    expect(await specOf(west, reader)).toEqual(read);
  }, 400_000);

  test("finds another prefix, at which Velero loses sight of its backups, and up brings them back", async () => {
    const shop = await createNamespace(west, "shop");
    await seedNamespace(west, shop, { objects: 4 });
    const { stack, own } = await settled(alone());
    const backup = uniqueName("by-hand");
    await west.kubernetes.create(veleroPath("backups"), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: backup, namespace: "velero" },
      spec: { storageLocation: own, includedNamespaces: [shop], ttl: "1h" },
    });
    await waitUntil("the backup is complete", async () => {
      const { status } = await liveObject(west, "backups", backup);
      return status?.["phase"] === "Completed" ? true : undefined;
    });
    const keys = await sandbox.minio.objectKeys(stack.bucket);

    await edit(own, { objectStorage: { bucket: stack.bucket, prefix: "elsewhere" } });
    await waitUntil(
      "Velero has taken it away",
      async () => ((await veleroObject(west, "backups", backup)) ? undefined : true),
      { timeoutMs: 130_000 },
    );
    await expectDrift(
      stack,
      "Drifted",
      `was pointed to aws bucket "${stack.bucket}", elsewhere/ by someone else`,
    );
    expect((await specOf(west, own))?.["objectStorage"]).toEqual({ bucket: stack.bucket, prefix: "west" });
    expect(await sandbox.minio.objectKeys(stack.bucket)).toEqual(keys);
    await waitUntil("Velero has brought it back", () => veleroObject(west, "backups", backup), {
      timeoutMs: 130_000,
    });
  }, 400_000);

  test("finds a Secret that someone has edited or deleted, where it may look, and up puts the keys back", async () => {
    const { stack, own } = await settled(program());
    const [secret, path] = [await secretOf(west, own), `${SECRETS}/${own}`];

    const { cloud = "" } = (secret?.["data"] ?? {}) as Record<string, string>;
    // With others Velero would call the location Unavailable as soon as it looks.
    const sameKeys = Buffer.concat([Buffer.from(cloud, "base64"), Buffer.from("# edited\n")]);
    await west.kubernetes.patch(path, { data: { cloud: sameKeys.toString("base64") } });
    const limited = await limitedKubeconfig(west, ["backupstoragelocations"]);
    await expectNoDrift(stack, { WEST_KUBECONFIG: limited });
    await expectDrift(stack, "Drifted", `Secret velero/${own} with the keys for the store was changed`);
    expect((await secretOf(west, own))?.["data"]).toEqual(secret?.["data"]);

    await west.kubernetes.delete(path);
    await expectDrift(
      stack,
      "Missing",
      `Secret velero/${own} with the keys for the store is gone; up makes it again`,
    );
    expect((await secretOf(west, own))?.["data"]).toEqual(secret?.["data"]);
  }, 180_000);

  test("of a Secret of the user's finds only that it is gone", async () => {
    const { name } = await createCredentialSecret(west, sandbox.minio);
    const existing = `storage.minio.credentials = { existingSecret: { name: "${name}", key: "file" } };`;
    const { stack } = await settled(existing + alone("access: { credentials: { static: keys } },"));
    const path = `${SECRETS}/${name}`;
    const secret = await west.kubernetes.get(path);
    await west.kubernetes.patch(path, { metadata: { labels: { rotated: "today" } }, data: { more: "eA==" } });
    await expectNoDrift(stack);

    await west.kubernetes.delete(path);
    const { outputs } = resourceIn(await stack.refresh(), "primary-west");
    expect(outputs).toMatchObject({
      health: "Missing",
      message: expect.stringContaining(`Secret velero/${name}, which \`existingSecret\` names, is gone`),
    });
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`there is no Secret velero/${name} in cluster "west"`);
    await west.kubernetes.create(SECRETS, {
      ...(secret as object),
      metadata: { name, namespace: "velero" },
    } as never);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    await expectNoDrift(stack);
    expect((await stack.destroy()).ok).toBe(true);
    await west.kubernetes.delete(path);
  }, 180_000);

  test("finds a claim that is gone, which up makes anew, and one that is another's, which it does not take", async () => {
    const { stack, up } = await settled(alone());
    const minio = sandbox.minio.client();
    await minio.putObject(stack.bucket, "west/backups/kept/velero-backup.json", "{}");
    const { urn } = resourceIn(up, "primary-west");

    await minio.removeObject(stack.bucket, markerKey("west"));
    await expectDrift(stack, "Drifted", /the claim on west\/ in minio bucket .* is gone; up claims it anew/);
    const marker = await markerAt(sandbox, stack.bucket, "west");
    expect(marker.owner).toBe(urn);

    const theirs = { ...marker, owner: urn.replace(/::[^:]+$/, "::theirs"), incarnation: "0a1b2c3d4e5f" };
    await minio.putObject(stack.bucket, markerKey("west"), JSON.stringify(theirs));
    const refreshed = await stack.refresh();
    expect(resourceIn(refreshed, "primary-west").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`now belongs to ${theirs.owner}`),
    });
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`clusters.west.prefix: west/ belongs to ${theirs.owner}`);
    await minio.putObject(stack.bucket, markerKey("west"), JSON.stringify(marker));
    const again = await stack.up();
    expect(again.ok, messagesOf(again)).toBe(true);
    await expectNoDrift(stack);
    await minio.removeObject(stack.bucket, "west/backups/kept/velero-backup.json");
  }, 180_000);

  test("asks for the claim in the cluster where there is no way to the store", async () => {
    const { stack } = await settled(alone('access: "none",'));
    await expectNoDrift(stack);
    const maps = await west.kubernetes.list("/api/v1/namespaces/velero/configmaps");
    const ours = maps.filter(({ metadata }) =>
      JSON.stringify(metadata["annotations"] ?? {}).includes(`urn:pulumi:${stack.stack}::`),
    );
    expect(ours).toHaveLength(1);
    await west.kubernetes.delete(`/api/v1/namespaces/velero/configmaps/${ours[0]?.metadata.name}`);
    await expectDrift(stack, "Drifted", 'the claim on west/ in cluster "west" is gone; up claims it anew');
  }, 120_000);

  test("tells what was made anew by hand, which up does not touch until it is deleted", async () => {
    const { stack, own } = await settled(alone());
    const { spec } = await liveObject(west, "backupstoragelocations", own);
    await west.kubernetes.delete(locationPath(own));
    await west.kubernetes.create(veleroPath("backupstoragelocations"), {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name: own, namespace: "velero" },
      spec,
    } as never);
    const refreshed = await stack.refresh();
    expect(resourceIn(refreshed, "primary-west").outputs).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining(`velero/${own} was made anew by someone else`),
    });
    const refused = await stack.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toContain(`velero/${own} in cluster "west" exists already`);
    await west.kubernetes.delete(locationPath(own));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    await expectNoDrift(stack);
  }, 120_000);
});
