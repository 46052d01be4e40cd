import type { Resolved } from "../../provider/core/secrets.ts";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { openGcp } from "../../provider/store/gcp.ts";
import { probe } from "../../provider/store/probe.ts";
import type { GcpStorage } from "../../provider/store/storage-config.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { expectEach, expectRefusal, within } from "./expect-refusal.ts";
import { closedPort, serve, silentServer, webServer } from "./fronts.ts";
import { gcsWitness } from "./gcs-road.ts";
import { describeObjectStore } from "./object-store.ts";

describeOnSandbox("gcp", ({ gcs }) => {
  if (!gcs) throw new Error("the sandbox has no Google Cloud Storage");
  const settings = (bucket: string): Resolved<GcpStorage> => ({
    bucket,
    endpoint: gcs.endpoint,
    credentials: { serviceAccountKey: gcs.serviceAccountKey },
  });
  const withKey = (bucket: string, change: object): Resolved<GcpStorage> => {
    const key = { ...(JSON.parse(gcs.serviceAccountKey) as object), ...change };
    return { ...settings(bucket), credentials: { serviceAccountKey: JSON.stringify(key) } };
  };
  const keyProperty = "storage.gcp.credentials.serviceAccountKey";

  describeObjectStore(
    "the store on Google's own client",
    async () => {
      const bucket = await gcs.createBucket("contract-gcp");
      return { store: openGcp(settings(bucket)), witness: gcsWitness(gcs, bucket) };
    },
    // fake-gcs-server makes folders of them.
    { keepsFolderObjects: false },
  );

  test("takes the key as base64, too, and finds out about the bucket", async () => {
    const bucket = await gcs.createBucket();
    const serviceAccountKey = Buffer.from(gcs.serviceAccountKey).toString("base64");
    const store = openGcp({ ...settings(bucket), credentials: { serviceAccountKey } });
    expect(await store.inspect()).toEqual({
      region: "us-central1",
      versioning: "off",
      objectLock: "off",
      encryption: "google-managed",
      retention: "none",
      lifecycle: [],
    });
    await probe(store, "east");
  });

  describe("blames the setting that is wrong", () => {
    test("the bucket, where there is none", async () => {
      const expected = { code: "NoSuchBucket", vendorCode: "notFound", property: "storage.gcp.bucket" };
      await expectEach(
        openGcp(settings("nobody-has-this-bucket")),
        expected,
        /nobody-has-this-bucket.*Create the bucket/,
      );
    });

    test.each([
      ["a path", "/secrets/canary-password.json", "neither JSON nor base64"],
      ["half of it", '{"private_key": "canary-password', "neither JSON nor base64"],
      [
        "a user's credentials",
        '{"type":"authorized_user","refresh_token":"canary-password"}',
        "of another type",
      ],
      ["something else", '{"password":"canary-password"}', "client_email and private_key are missing"],
    ])("the key, where it is %s", async (_, serviceAccountKey, words) => {
      const store = openGcp({ ...settings("bucket"), credentials: { serviceAccountKey } });
      const expected = { code: "WrongCredentials", property: keyProperty };
      await expectRefusal(store.inspect(), expected, new RegExp(words));
    });

    test("the key, where its private part is broken", async () => {
      const broken = "-----BEGIN PRIVATE KEY-----\ncanary-password\n-----END PRIVATE KEY-----\n";
      const store = openGcp(withKey("bucket", { private_key: broken }));
      await expectRefusal(
        store.inspect(),
        { code: "WrongCredentials", property: keyProperty },
        /does not take this key/,
      );
    });

    test("the key, where Google gives no token for it", async () => {
      const refusal = { error: "invalid_grant", error_description: "Invalid JWT Signature." };
      const tokens = createServer((incoming, outgoing) => {
        incoming.resume();
        outgoing.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(refusal));
      });
      const store = openGcp(
        withKey("bucket", { token_uri: `http://127.0.0.1:${await serve(tokens)}/token` }),
      );
      const expected = { code: "WrongCredentials", vendorCode: "invalid_grant", property: keyProperty };
      await expectEach(store, expected, /Invalid JWT Signature.*key was deleted/);
    });

    test("the endpoint, where nobody listens, within 5 s", async () => {
      const store = openGcp({ ...settings("bucket"), endpoint: await closedPort() });
      const expected = { code: "Unreachable", vendorCode: "ECONNREFUSED", property: "storage.gcp.endpoint" };
      await within(5, expectRefusal(store.inspect(), expected, /nothing listens at that port/));
    });

    test("the endpoint, where there is no such host", async () => {
      const store = openGcp({ ...settings("bucket"), endpoint: "http://no-such-host.invalid:9000" });
      const expected = { code: "Unreachable", property: "storage.gcp.endpoint" };
      await expectRefusal(store.inspect(), expected, /No such host/);
    });

    test("the endpoint, where it is silent, within 20 s", async () => {
      const store = openGcp({ ...settings("bucket"), endpoint: await silentServer() });
      const expected = { code: "Unreachable", vendorCode: "ETIMEDOUT", property: "storage.gcp.endpoint" };
      await within(20, expectRefusal(store.inspect(), expected, /no answer within 15 s/));
    });

    test.each([200, 403, 404])("the endpoint, where it is a web site that answers %i", async (status) => {
      const store = openGcp({ ...settings("bucket"), endpoint: await webServer(status) });
      const expected = { code: "Unreachable", vendorCode: "NotGcs", property: "storage.gcp.endpoint" };
      await expectEach(store, expected, /not the API of Google Cloud Storage/);
    });

    test.each([
      ["inspect", "storage.objects.list"],
      ["put", "storage.objects.create"],
      ["get", "storage.objects.get"],
    ] as const)("the right that is missing to %s", async (operation, right) => {
      const errors = [{ reason: "forbidden", message: "velero@x does not have access" }];
      const server = createServer((incoming, outgoing) => {
        incoming.resume();
        const body = { error: { code: 403, message: "velero@x does not have access", errors } };
        outgoing.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
      const store = openGcp({ ...settings("bucket"), endpoint: `http://127.0.0.1:${await serve(server)}` });
      const expected = { code: "Forbidden", vendorCode: "forbidden", property: "storage.gcp.credentials" };
      const run = {
        inspect: () => store.children(""),
        put: () => store.put("k", "c"),
        get: () => store.get("k"),
      };
      await expectRefusal(run[operation](), expected, new RegExp(right));
    });
  });
});
