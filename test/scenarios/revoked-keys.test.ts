import { expect, test } from "vitest";
import { isSecret } from "../engine/secret-value.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { dataKeys, liveObject, markerAt, passingStack, secretOf, veleroObject } from "./observe.ts";
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

  async function gatedStack(body: string) {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, body, { env: { SHOP: shop, MINIO_ENDPOINT: gate.endpoint } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
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

  test("as literals give way to new ones in place, and no backup is taken again for it", async () => {
    const { stack, up: before, revoke } = await gatedStack(literal + location + backup);
    const uid = (await secretOf(east, before.outputs["location"]))?.metadata.uid;
    const stored = await dataKeys(sandbox, stack.bucket);
    const keys = await otherKeys();
    revoke(sandbox.minio.accessKey);

    const up = await stack.up({ env: keys });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toEqual(["update primary", "update primary-east", "update once"]);
    expect(up.outputs).toEqual(before.outputs);
    expect((await secretOf(east, up.outputs["location"]))?.metadata.uid).toBe(uid);
    const file = await credentialFile(up.outputs["location"]);
    expect(file).toContain(keys.MINIO_ACCESS_KEY);
    expect(file).toContain(keys.MINIO_SESSION_TOKEN);
    expect(file).not.toContain(sandbox.minio.accessKey);
    const live = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    expect(live.status?.["phase"]).toBe("Available");
    expect(await dataKeys(sandbox, stack.bucket)).toEqual(stored);
    const state = resourceIn(up, "primary-east").inputs as {
      storage: { minio: { credentials: { static: object } } };
    };
    expect(Object.values(state.storage.minio.credentials.static).map(isSecret)).toEqual([true, true, true]);

    const again = await stack.up({ env: keys, expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
  });

  test("as literals are not used any more for what the same up deletes", async () => {
    const { stack, up: before, revoke } = await gatedStack(literal + location + backup);
    revoke(sandbox.minio.accessKey);

    // Its state holds the old keys; whether its data may go, the store has to say.
    stack.change(literal + location);
    const keys = await otherKeys();
    const up = await stack.up({ env: keys });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(stepsOf(up)).toContain("delete once");
    expect(await veleroObject(east, "backups", before.outputs["once"])).toBeUndefined();
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);

    // And so for the old half of a location that moves to another bucket.
    const other = await sandbox.minio.createBucket("scenario");
    revoke(sandbox.minio.accessKey, keys.MINIO_ACCESS_KEY);
    const moved = await stack.up({ env: { ...(await otherKeys()), BUCKET: other } });
    expect(moved.ok, messagesOf(moved)).toBe(true);
    expect(stepsOf(moved)).toContain("delete-replaced primary-east");
    expect(messagesOf(moved)).not.toContain("could not be released");
    expect((await markerAt(sandbox, stack.bucket, "east")).released).toBeDefined();
    expect(await veleroObject(east, "backupstoragelocations", before.outputs["location"])).toBeUndefined();
  });

  test("as references give way when the variable's content changes, and destroy reads the newest", async () => {
    const referenced = `storage.minio.credentials.static.sessionToken = { env: "MINIO_SESSION_TOKEN" };`;
    const first = await otherKeys();
    const shop = await createNamespace(east, "shop");
    const gate = await storeGate(sandbox);
    const stack = await passingStack(sandbox, referenced + location + backup, {
      env: { ...first, SHOP: shop, MINIO_ENDPOINT: gate.endpoint },
    });
    const before = await stack.up();
    expect(before.ok, messagesOf(before)).toBe(true);
    const fingerprints = resourceIn(before, "primary-east").inputs?.["fingerprints"];

    const second = await otherKeys();
    gate.refuse = ({ accessKey }) =>
      accessKey === first.MINIO_ACCESS_KEY ? "InvalidAccessKeyId" : undefined;
    const preview = await stack.preview({ env: second });
    expect(stepsOf(preview)).toEqual(["update primary", "update primary-east", "update once"]);
    const up = await stack.up({ env: second });
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(up.outputs).toEqual(before.outputs);
    expect(resourceIn(up, "primary-east").inputs?.["fingerprints"]).not.toEqual(fingerprints);
    expect(await credentialFile(up.outputs["location"])).toContain(second.MINIO_ACCESS_KEY);
    const text = JSON.stringify(up.state) + up.text;
    for (const secret of [...Object.values(first), ...Object.values(second)])
      expect(text).not.toContain(secret);

    const destroy = await stack.destroy({ env: second });
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await dataKeys(sandbox, stack.bucket)).toEqual([]);
  });
});
