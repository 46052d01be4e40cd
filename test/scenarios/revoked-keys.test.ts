import { expect, test } from "vitest";
import { isSecret } from "../engine/secret-value.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
import { ok } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf } from "./stack.ts";
import { storeGate } from "./store-gate.ts";

/** `literal`: the values themselves, in the program as in the state. */
const literal = `
  storage.minio.credentials.static = {
    accessKeyId: pulumi.secret(process.env.MINIO_ACCESS_KEY),
    secretAccessKey: pulumi.secret(process.env.MINIO_SECRET_KEY),
    ...(process.env.MINIO_SESSION_TOKEN ? { sessionToken: pulumi.secret(process.env.MINIO_SESSION_TOKEN) } : {}),
  };
`;
const location = `const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  exports.location = location.clusters.east.locationName;
`;
const backup = `const once = new velero.ClusterBackup("once", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete",
  });
  exports.once = once.backupName;
`;

describeOnSandbox("Keys that were revoked", (sandbox) => {
  const east = sandbox.cluster("east");

  async function gatedStack(body: string, env: Record<string, string> = {}) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, body, {
      env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint, ...env },
    });
    const up = await ok(stack.up());
    const revoke = (...revoked: string[]) => {
      gate.refuse = ({ accessKey }) => (revoked.includes(accessKey) ? "InvalidAccessKeyId" : undefined);
    };
    return { stack, up, revoke };
  }

  async function otherKeys() {
    const { accessKey, secretKey, sessionToken } = await sandbox.minio.temporaryCredentials();
    return { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey, MINIO_SESSION_TOKEN: sessionToken };
  }

  const credentialFile = async (name: unknown) =>
    Buffer.from((await secretOf(east, name))?.["data"]?.["cloud" as never] ?? "", "base64").toString();

  test("as literals give way to new ones in place, with no backup taken again, also for what the same up deletes or moves", async () => {
    const { stack, up: before, revoke } = await gatedStack(literal + location + backup);
    const uid = (await secretOf(east, before.outputs["location"]))?.metadata.uid;
    const stored = await dataKeys(sandbox, stack.bucket);
    const second = await otherKeys();
    revoke(sandbox.minio.accessKey);

    const up = await ok(stack.up({ env: second }));
    expect(stepsOf(up)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(up.outputs).toEqual(before.outputs);
    expect((await secretOf(east, up.outputs["location"]))?.metadata.uid).toBe(uid);
    const file = await credentialFile(up.outputs["location"]);
    expect(file).toContain(second.MINIO_ACCESS_KEY);
    expect(file).toContain(second.MINIO_SESSION_TOKEN);
    expect(file).not.toContain(sandbox.minio.accessKey);
    const live = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    expect(live.status?.["phase"]).toBe("Available");
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const state = resourceIn(up, "primary-east").inputs as {
      storage: { minio: { credentials: { static: object } } };
    };
    expect(Object.values(state.storage.minio.credentials.static).map(isSecret)).toEqual([true, true, true]);
    await ok(stack.up({ env: second, expectNoChanges: true }));

    // The backup's state holds the old keys; whether its data may go, the store has to say.
    const third = await otherKeys();
    revoke(sandbox.minio.accessKey, second.MINIO_ACCESS_KEY);
    stack.change(literal + location);
    const deleted = await ok(stack.up({ env: third }));
    expect(stepsOf(deleted)).toContain("delete once");
    expect(await veleroObject(east, "backups", before.outputs["once"])).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);

    // And so for the old half of a location that moves to another bucket.
    const other = await sandbox.minio.createBucket("scenario");
    revoke(sandbox.minio.accessKey, second.MINIO_ACCESS_KEY, third.MINIO_ACCESS_KEY);
    const moved = await ok(stack.up({ env: { ...(await otherKeys()), BUCKET: other } }));
    expect(stepsOf(moved)).toContain("delete-replaced primary-east");
    expect(messagesOf(moved)).not.toContain("could not be released");
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
    expect(await veleroObject(east, "backupstoragelocations", before.outputs["location"])).toBeUndefined();
  }, 240_000);

  test("as references give way when the variable's content changes, and destroy reads the newest", async () => {
    const referenced = `storage.minio.credentials.static.sessionToken = { env: "MINIO_SESSION_TOKEN" };`;
    const [first, second] = [await otherKeys(), await otherKeys()];
    const { stack, up: before, revoke } = await gatedStack(referenced + location + backup, first);
    const fingerprints = resourceIn(before, "primary-east").inputs?.["fingerprints"];
    revoke(first.MINIO_ACCESS_KEY);

    const preview = await stack.preview({ env: second });
    expect(stepsOf(preview)).toEqual(["update primary", "update primary-east", "update once"]);
    const up = await ok(stack.up({ env: second }));
    expect(up.outputs).toEqual(before.outputs);
    expect(resourceIn(up, "primary-east").inputs?.["fingerprints"]).not.toEqual(fingerprints);
    expect(await credentialFile(up.outputs["location"])).toContain(second.MINIO_ACCESS_KEY);
    const text = JSON.stringify(up.state) + up.text;
    for (const secret of [...Object.values(first), ...Object.values(second)])
      expect(text).not.toContain(secret);

    await ok(stack.destroy({ env: second }));
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
  });
});
