import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { accountWith } from "./account-with.ts";
import { backupByHand } from "./location-by-hand.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import { liveObject, markerAt, markerKey, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, veleroPath } from "./stack.ts";

const NAMESPACE = "/api/v1/namespaces/velero";
const SECRETS = `${NAMESPACE}/secrets`;

const NAMES = ["rotated", "edited", "other", "secret", "claimed", "unseen", "users"] as const;

/** Locations side by side, each at a prefix of its own: what happens to one is found in that one alone. */
const program = (usersSecret: string) => `
  const withKeys = (credentials) => ({ ...storage.minio, credentials });
  const rotating = withKeys({ static: {
    accessKeyId: { env: "ROTATING_ID" }, secretAccessKey: { env: "ROTATING_SECRET" }, sessionToken: { env: "TOKEN" },
  } });
  const users = withKeys({ existingSecret: { name: "${usersSecret}", key: "file" } });
  const make = (name, clusters, { minio = storage.minio, ...more } = {}) =>
    new velero.BackupLocation(name, { storage: { minio: { ...minio, prefix: name } }, clusters, ...more });
  make("rotated", { west }, { minio: rotating });
  make("edited", { east, west: { ...west, reads: ["east"] } });
  make("other", { east, west: { ...west, reads: ["east"] } });
  make("secret", { west });
  make("claimed", { west });
  make("unseen", { west }, { access: "none" });
  make("users", { west }, { minio: users, access: { credentials: { static: keys } } });
`;

describeOnSandbox("A refresh", (sandbox) => {
  const west = sandbox.cluster("west");
  const minio = sandbox.minio.client();
  const locationPath = (name: string) => veleroPath("backupstoragelocations", name);
  const edit = (name: string, spec: object) => west.kubernetes.patch(locationPath(name), { spec });
  const monitor = { previewOnly: true, expectNoChanges: true };

  /** Velero's own field, or the up that had Velero look has written another one with the same meaning. */
  async function specOf(cluster: SandboxCluster, name: string): Promise<object> {
    const { validationFrequency, ...spec } =
      (await liveObject(cluster, "backupstoragelocations", name)).spec ?? {};
    expect(validationFrequency, name).toMatch(/^(1m|6000[01]ms|1m0\.001s)$/);
    return spec;
  }

  async function freshKeys(): Promise<Record<string, string>> {
    const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
    return { ROTATING_ID: accessKey, ROTATING_SECRET: secretKey, TOKEN: sessionToken };
  }

  test("finds in a location what somebody has done to it, and nothing else; up puts right what is ours", async () => {
    const { name: usersSecret } = await createCredentialSecret(west, sandbox.minio);
    const stack = await passingStack(sandbox, program(usersSecret), { env: await freshKeys() });
    const env = await freshKeys();
    const refreshing = { expectNoChanges: true, env };

    /** The drift of all locations is for CI, has this health and these words, and shows no key. */
    async function expectFound(found: Record<string, [health: string, words: RegExp]>): Promise<void> {
      const refresh = await stack.refresh(refreshing);
      expect(refresh.ok).toBe(false);
      const drifted = refresh.steps.filter(({ drift }) => drift !== undefined && drift !== "same");
      expect(drifted.map(({ name }) => name).toSorted()).toEqual(
        Object.keys(found)
          .map((name) => `${name}-west`)
          .toSorted(),
      );
      for (const [name, [health, words]] of Object.entries(found)) {
        const outputs = outputsOf(refresh, `${name}-west`);
        expect(outputs, name).toMatchObject({ health, message: expect.stringMatching(words) });
        expect(JSON.stringify(outputs)).not.toContain(sandbox.minio.secretKey);
      }
    }

    await ok(stack.up());
    const rotated = await ok(stack.up({ env }));
    const own = (name: string) => String(outputsOf(rotated, `${name}-west`)["locationName"]);
    const reader = (name: string) =>
      (outputsOf(rotated, `${name}-west`)["readLocations"] as { east: string }).east;
    expect(outputsOf(rotated, "edited-west")["serverVersion"]).toMatch(/^v1\.\d+/);
    const specs = async () =>
      Promise.all([...NAMES.map(own), reader("edited"), reader("other")].map((name) => specOf(west, name)));
    const before = await specs();

    function expectHealthy(run: RunResult, those: readonly string[]): void {
      for (const name of those) {
        const outputs = outputsOf(run, `${name}-west`);
        expect(outputs, name).toMatchObject({ health: "Healthy", accessMode: "ReadWrite" });
        expect(outputs, name).not.toHaveProperty("message");
      }
    }

    // What Velero, a rotation and others write who have the right to.
    const { spec: afterRotation } = await liveObject(west, "backupstoragelocations", own("rotated"));
    expect(afterRotation?.["validationFrequency"]).toBe("60001ms");
    await edit(own("rotated"), { validationFrequency: "1m0.001s", backupSyncPeriod: "5m" });
    const usersPath = `${SECRETS}/${usersSecret}`;
    const usersObject = await west.kubernetes.get(usersPath);
    await west.kubernetes.patch(usersPath, {
      metadata: { labels: { rotated: "today" } },
      data: { more: "eA==" },
    });
    const quiet = await ok(stack.refresh({ ...monitor, env }));
    expect(quiet.steps.filter(({ drift }) => drift === "same").map(({ name }) => name)).toEqual(
      expect.arrayContaining(NAMES.map((name) => `${name}-west`)),
    );
    await edit(own("rotated"), { backupSyncPeriod: null });

    const secretPath = `${SECRETS}/${own("secret")}`;
    const secret = await secretOf(west, own("secret"));
    const { cloud = "" } = (secret?.["data"] ?? {}) as Record<string, string>;
    // With others Velero would call the location Unavailable as soon as it looks.
    const sameKeys = Buffer.concat([Buffer.from(cloud, "base64"), Buffer.from("# edited\n")]);
    await west.kubernetes.patch(secretPath, { data: { cloud: sameKeys.toString("base64") } });
    const blind = await stack.refresh({
      ...monitor,
      target: [resourceIn(rotated, "secret-west").urn],
      env: { ...env, WEST_KUBECONFIG: await blindToSecrets(west) },
    });
    expect(blind.ok, `of a Secret that it may not look at it says nothing: ${messagesOf(blind)}`).toBe(true);

    const backup = await backupByHand(west, own("users"));
    const stored = await sandbox.minio.objectKeys(stack.bucket, "users/");
    await edit(own("users"), { objectStorage: { bucket: stack.bucket, prefix: "elsewhere" } });
    await edit(own("edited"), { accessMode: "ReadOnly" });
    await edit(own("other"), {
      config: { checksumAlgorithm: "CRC32", profile: "other" },
      validationFrequency: "45s",
    });
    await edit(reader("other"), {
      accessMode: "ReadWrite",
      backupSyncPeriod: "5m",
      validationFrequency: null,
    });
    const marker = await markerAt(sandbox, stack.bucket, "claimed/west");
    await minio.removeObject(stack.bucket, markerKey("claimed/west"));
    await minio.putObject(stack.bucket, "claimed/west/backups/kept/velero-backup.json", "{}");
    const claims = (await west.kubernetes.list(`${NAMESPACE}/configmaps`)).filter(({ metadata }) =>
      JSON.stringify(metadata["annotations"] ?? {}).includes(`urn:pulumi:${stack.stack}::`),
    );
    expect(claims, "the claim of the location without a way to the store").toHaveLength(1);
    await west.kubernetes.delete(`${NAMESPACE}/configmaps/${claims[0]?.metadata.name}`);
    const isThere = () => veleroObject(west, "backups", backup);
    await waitUntil("Velero has taken it away", async () => ((await isThere()) ? undefined : true), {
      timeoutMs: 130_000,
    });
    const changed = "someone else has changed";
    await expectFound({
      edited: ["Drifted", new RegExp(`velero/${own("edited")} was made read-only by someone else`)],
      other: [
        "Drifted",
        new RegExp(
          `${changed} config and validationFrequency of BackupStorageLocation velero/${own("other")}; up .*` +
            `velero/${reader("other")} was made writable by someone else; up .*` +
            `${changed} backupSyncPeriod and validationFrequency of BackupStorageLocation velero/${reader("other")}; up `,
        ),
      ],
      secret: [
        "Drifted",
        new RegExp(`Secret velero/${own("secret")} with the keys for the store was changed`),
      ],
      claimed: ["Drifted", /the claim on claimed\/west\/ in minio bucket .* is gone; up claims it anew/],
      unseen: ["Drifted", /the claim on unseen\/west\/ in cluster "west" is gone; up claims it anew/],
      users: [
        "Drifted",
        new RegExp(`was pointed to aws bucket "${stack.bucket}", elsewhere/ by someone else`),
      ],
    });
    const up = await ok(stack.up({ env }));
    expectHealthy(up, NAMES);
    expect(await specs()).toEqual(before);
    expect((await secretOf(west, own("secret")))?.["data"]).toEqual(secret?.["data"]);
    expect((await markerAt(sandbox, stack.bucket, "claimed/west")).owner).toBe(marker.owner);
    expect(await sandbox.minio.objectKeys(stack.bucket, "users/")).toEqual(stored);

    await edit(own("edited"), { credential: { name: own("edited"), key: "cloudy" } });
    await edit(reader("edited"), { objectStorage: { bucket: "elsewhere" } });
    await west.kubernetes.delete(locationPath(reader("other")));
    await west.kubernetes.delete(secretPath);
    await west.kubernetes.delete(usersPath);
    const theirs = {
      ...(await markerAt(sandbox, stack.bucket, "claimed/west")),
      owner: marker.owner.replace(/::[^:]+$/, "::theirs"),
      incarnation: "0a1b2c3d4e5f",
    };
    await minio.putObject(stack.bucket, markerKey("claimed/west"), JSON.stringify(theirs));
    const { apiVersion, kind, spec } = await liveObject(west, "backupstoragelocations", own("rotated"));
    await west.kubernetes.delete(locationPath(own("rotated")));
    await west.kubernetes.create(veleroPath("backupstoragelocations"), {
      apiVersion,
      kind,
      metadata: { name: own("rotated") },
      spec: spec ?? {},
    });
    await expectFound({
      edited: [
        "Drifted",
        new RegExp(
          `${changed} credential of BackupStorageLocation velero/${own("edited")}; up .*` +
            `velero/${reader("edited")} was pointed to aws bucket "elsewhere", edited/east/`,
        ),
      ],
      other: ["Missing", new RegExp(`velero/${reader("other")} is gone; up makes it again`)],
      secret: [
        "Missing",
        new RegExp(`Secret velero/${own("secret")} with the keys for the store is gone; up makes it again`),
      ],
      users: ["Missing", new RegExp(`Secret velero/${usersSecret}, which \`existingSecret\` names, is gone`)],
      claimed: ["Drifted", /now belongs to urn:pulumi:\S+::theirs, and one location/],
      rotated: ["Drifted", new RegExp(`velero/${own("rotated")} was made anew by someone else`)],
    });
    const refused = await stack.up({ env, continueOnError: true });
    expect(refused.ok).toBe(false);
    for (const words of [
      `there is no Secret velero/${usersSecret} in cluster "west"`,
      `clusters.west.prefix: claimed/west/ belongs to ${theirs.owner}`,
      `velero/${own("rotated")} in cluster "west" exists already`,
    ])
      expect(messagesOf(refused)).toContain(words);
    expectHealthy(refused, ["edited", "other", "secret"]);
    expect((await secretOf(west, own("secret")))?.["data"]).toEqual(secret?.["data"]);

    // What is not ours is put right by whose it is.
    await west.kubernetes.create(SECRETS, { ...usersObject, metadata: { name: usersSecret } } as never);
    await minio.putObject(stack.bucket, markerKey("claimed/west"), JSON.stringify(marker));
    await west.kubernetes.delete(locationPath(own("rotated")));
    const mended = await ok(stack.up({ env }));
    expectHealthy(mended, NAMES);
    expect(await specs()).toEqual(before);
    await ok(stack.refresh({ ...monitor, env }));
    await waitUntil("Velero has brought the backup back", isThere, { timeoutMs: 130_000 });
  }, 500_000);
});

/** The kubeconfig of a service account that reads locations, and no Secret. */
async function blindToSecrets(cluster: SandboxCluster): Promise<string> {
  const { kubeconfig } = await accountWith(cluster, [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "monitor" },
      rules: [
        { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list"] },
        { apiGroups: ["velero.io"], resources: ["backupstoragelocations"], verbs: ["get", "list", "watch"] },
      ],
    },
  ]);
  return kubeconfig;
}
