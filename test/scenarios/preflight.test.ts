import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf } from "./stack.ts";

/** A location by this name for each of these, which are more of its store; `preflight` is for all. */
const locations = (stores: Record<string, string>, preflight = "") => `
  const make = (name, more, options) => new velero.BackupLocation(name, {
    storage: { minio: { ...storage.minio, ...more } }, clusters: { east }, ${preflight} ...options,
  });
  ${Object.entries(stores)
    .map(([name, more]) => `make("${name}", ${more});`)
    .join("\n")}
`;
const backup = (namespaces: string) => `
  const location = new velero.BackupLocation("primary", { storage, clusters: { east } });
  new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "@daily", includedNamespaces: [${namespaces}] });
`;
const wrongKey = "wrong-secret-key";
const notThereYet = { bucket: '{ bucket: "not-made-yet" }' };

describeOnSandbox("A preview that looks before anything is done", (sandbox) => {
  test("tells of what the same up may still put right, refuses what it may not, and a strict one both; it tells of nothing that an up has proven", async () => {
    const unsound = { ...notThereYet, endpoint: '{ endpoint: "http://127.0.0.1:9" }' };
    const unseen = `{ credentials: { static: { ...keys, secretAccessKey: "${wrongKey}" } } }, { preflight: "off" }`;
    const stack = await passingStack(sandbox, locations({ ...unsound, unseen }));
    const merelyTold = await ok(stack.preview());
    expect(stepsOf(merelyTold).toSorted()).toEqual(
      ["bucket", "endpoint", "unseen"]
        .flatMap((name) => [`create ${name}`, `create ${name}-east`])
        .toSorted(),
    );
    for (const property of ["storage.minio.bucket", "storage.minio.endpoint"])
      expect(messagesOf(merelyTold)).toContain(property);
    expect(messagesOf(merelyTold), "it looks at nothing where it is off").not.toContain(
      "SignatureDoesNotMatch",
    );

    stack.change(locations(notThereYet, 'preflight: "strict",'));
    const strict = await stack.preview();
    expect(strict.ok).toBe(false);
    expect(messagesOf(strict)).toContain("storage.minio.bucket");

    const shop = await createNamespace(sandbox.cluster("east"), "shop");
    stack.change(backup(`"${shop}"`));
    const { kubeconfig, token } = sandbox.cluster("east");
    for (const [env, ...words] of [
      [{ EAST_KUBECONFIG: kubeconfig.replace(token, "not-the-token-of-anyone") }, "clusters.east.kubeconfig"],
      [
        { MINIO_ACCESS_KEY: "nobody-has-this" },
        "storage.minio.credentials.static.accessKeyId",
        "InvalidAccessKeyId",
      ],
    ] as const) {
      const refused = await stack.preview({ env });
      expect(refused.ok).toBe(false);
      for (const word of words) expect(messagesOf(refused)).toContain(word);
      expect(messagesOf(refused)).not.toContain("not-the-token-of-anyone");
    }

    const up = await ok(stack.up());
    expect(resourceIn(up, "nightly").inputs?.["notices"]).toEqual([]);
    expect(outputsOf(up, "nightly")["health"]).toBe("Healthy");
    stack.change(backup(`"${shop}", "not-there-yet"`));
    const preview = await ok(stack.preview());
    expect(stepsOf(preview)).toContain("update nightly");
    expect(messagesOf(preview)).toContain("not-there-yet");
    const rotated = await stack.preview({ env: { MINIO_SECRET_KEY: wrongKey } });
    expect(rotated.ok).toBe(false);
    expect(messagesOf(rotated)).toContain("storage.minio.credentials.static.secretAccessKey");
    expect(messagesOf(rotated)).toContain("SignatureDoesNotMatch");
    expect(messagesOf(rotated)).not.toContain(wrongKey);
  });
});
