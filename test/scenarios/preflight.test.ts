import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { messagesOf, resourceIn, stackOn, stepsOf } from "./stack.ts";

const LOCATION = `new velero.BackupLocation("primary", { storage, clusters: { east }, preflight: process.env.PREFLIGHT });`;

const DEFINITE: [mistake: string, env: Record<string, string>, property: string, words: string][] = [
  [
    "a wrong secret key",
    { MINIO_SECRET_KEY: "wrong-secret-key" },
    "storage.minio.credentials.static.secretAccessKey",
    "SignatureDoesNotMatch",
  ],
  [
    "an access key that nobody has",
    { MINIO_ACCESS_KEY: "nobody-has-this" },
    "storage.minio.credentials.static.accessKeyId",
    "InvalidAccessKeyId",
  ],
];

const MERELY_TOLD: [mistake: string, env: Record<string, string>, property: string][] = [
  ["a bucket that is not there yet", { BUCKET: "not-made-yet" }, "storage.minio.bucket"],
  ["a store that does not answer", { MINIO_ENDPOINT: "http://127.0.0.1:9" }, "storage.minio.endpoint"],
];

describeOnSandbox("A preview that looks before anything is done", (sandbox) => {
  test.for(DEFINITE)(
    "refuses %s, naming property, vendor's code and no secret",
    async ([, env, property, words]) => {
      const stack = await stackOn(sandbox, LOCATION, { env });
      const preview = await stack.preview();
      expect(preview.ok).toBe(false);
      expect(messagesOf(preview)).toContain(property);
      expect(messagesOf(preview)).toContain(words);
      for (const secret of Object.values(env)) {
        if (secret.includes("secret")) expect(messagesOf(preview)).not.toContain(secret);
      }
    },
  );

  test("refuses a kubeconfig whose token the cluster does not take", async () => {
    const { kubeconfig, token } = sandbox.cluster("east");
    const stack = await stackOn(sandbox, LOCATION, {
      env: { EAST_KUBECONFIG: kubeconfig.replace(token, "not-the-token-of-anyone") },
    });
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    expect(messagesOf(preview)).toContain("clusters.east.kubeconfig");
    expect(messagesOf(preview)).not.toContain("not-the-token-of-anyone");
  });

  test.for(MERELY_TOLD)("tells of %s, which the same up may still put right", async ([, env, property]) => {
    const stack = await stackOn(sandbox, LOCATION, { env });
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(stepsOf(preview)).toEqual(["create primary", "create primary-east"]);
    expect(messagesOf(preview)).toContain(property);
  });

  test("makes a failure of what it would only tell, where it is strict", async () => {
    const stack = await stackOn(sandbox, LOCATION, { env: { BUCKET: "not-made-yet", PREFLIGHT: "strict" } });
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    expect(messagesOf(preview)).toContain("storage.minio.bucket");
  });

  test("looks at nothing where it is off", async () => {
    const stack = await stackOn(sandbox, LOCATION, {
      env: { MINIO_SECRET_KEY: "wrong-secret-key", PREFLIGHT: "off" },
    });
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
  });

  test("tells of a namespace that is not there yet, and of nothing that an up has proven", async () => {
    const shop = await createNamespace(sandbox.cluster("east"), "shop");
    const program = (namespaces: string) => `
      const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
      new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "@daily", includedNamespaces: [${namespaces}] });
    `;
    const stack = await stackOn(sandbox, program(`"${shop}"`));
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "nightly").inputs?.["notices"]).toEqual([]);

    stack.change(program(`"${shop}", "not-there-yet"`));
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(stepsOf(preview)).toContain("update nightly");
    expect(messagesOf(preview)).toContain("not-there-yet");

    const rotated = await stack.preview({ env: { MINIO_SECRET_KEY: "wrong-secret-key" } });
    expect(rotated.ok).toBe(false);
    expect(messagesOf(rotated)).toContain("SignatureDoesNotMatch");
    expect((await stack.destroy()).ok).toBe(true);
  });
});
