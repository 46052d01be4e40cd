import type { Resolved } from "../../provider/core/secrets.ts";
import { describe, expect, test, vi, afterEach } from "vitest";
import { openStore } from "../../provider/store/stores.ts";
import type { ObjectStore } from "../../provider/store/object-store.ts";
import { probe } from "../../provider/store/probe.ts";
import type { StorageConfig } from "../../provider/store/storage-config.ts";
import { behindProxies, startProxy } from "../proxy/recording-proxy.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { closedPort, selfSigned, tlsFront } from "./fronts.ts";

/** All that a location does with a store. */
async function useAll(store: ObjectStore): Promise<void> {
  await store.inspect();
  await probe(store, "east");
  await store.put("east/a b+c.txt", "content", { ifAbsent: true });
  expect((await store.get("east/a b+c.txt"))?.toString()).toBe("content");
  expect((await store.children("east/")).objects).toContain("a b+c.txt");
}

describeOnSandbox("A store behind a proxy", ({ minio, gcs, azure }) => {
  afterEach(() => void vi.unstubAllEnvs());

  const keys = { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey };
  const stores: Record<
    string,
    () => Promise<{ config: Resolved<StorageConfig>; keysIn: () => Promise<string[]> }>
  > = {
    minio: async () => {
      const bucket = await minio.createBucket("proxied");
      const endpoint = behindProxies(minio.endpoint);
      return {
        config: { minio: { bucket, endpoint, credentials: { static: keys } } },
        keysIn: () => minio.objectKeys(bucket),
      };
    },
    aws: async () => {
      const bucket = await minio.createBucket("proxied");
      const endpoint = behindProxies(minio.endpoint);
      return {
        config: { aws: { bucket, endpoint, credentials: { static: keys } } },
        keysIn: () => minio.objectKeys(bucket),
      };
    },
    "aws through a role": async () => {
      const bucket = await minio.createBucket("proxied");
      const endpoint = behindProxies(minio.endpoint);
      const sts = { roleArn: "arn:aws:iam::123456789012:role/velero", source: { static: keys } };
      return {
        config: { aws: { bucket, endpoint, credentials: { sts } } },
        keysIn: () => minio.objectKeys(bucket),
      };
    },
    gcp: async () => {
      if (!gcs) return expect.fail("the sandbox has no Google Cloud Storage");
      const bucket = await gcs.createBucket("proxied");
      const serviceAccountKey = behindProxies(gcs.serviceAccountKey);
      return {
        config: {
          gcp: { bucket, endpoint: behindProxies(gcs.endpoint), credentials: { serviceAccountKey } },
        },
        keysIn: () => gcs.objectKeys(bucket),
      };
    },
    azure: async () => {
      if (!azure) return expect.fail("the sandbox has no Azure Blob Storage");
      const container = await azure.createContainer("proxied");
      const { account: storageAccount, key: storageAccountKey } = azure;
      const endpoint = behindProxies(azure.endpoint);
      return {
        config: { azure: { storageAccount, container, endpoint, credentials: { storageAccountKey } } },
        keysIn: () => azure.blobNames(container),
      };
    },
  };

  describe.each(Object.entries(stores))("%s", (_, make) => {
    test("is used through it, whole", async () => {
      const { config, keysIn } = await make();
      const proxy = await startProxy({ user: "us er", password: "canary:pass@word" });
      vi.stubEnv("HTTP_PROXY", proxy.url);
      vi.stubEnv("NO_PROXY", "localhost,127.0.0.1");
      await useAll(openStore(config));
      expect(proxy.asked.length).toBeGreaterThan(8);
      vi.unstubAllEnvs();
      expect(await keysIn()).toEqual(["east/a b+c.txt"]);
    });
    test("is used directly where NO_PROXY says so", async () => {
      const { config, keysIn } = await make();
      const proxy = await startProxy({ status: 503 });
      vi.stubEnv("HTTP_PROXY", proxy.url);
      vi.stubEnv("HTTPS_PROXY", proxy.url);
      vi.stubEnv("NO_PROXY", "0.0.0.0/8");
      await useAll(openStore(config));
      expect(proxy.asked).toEqual([]);
      expect(process.env["NO_PROXY"]).toBe("0.0.0.0/8");
      vi.unstubAllEnvs();
      expect(await keysIn()).toEqual(["east/a b+c.txt"]);
    });
  });

  test.each(["minio", "aws"] as const)(
    "%s with an authority of its own is trusted behind it as before it",
    async (kind) => {
      const bucket = await minio.createBucket("proxied");
      const own = selfSigned("IP:0.0.0.0");
      const endpoint = behindProxies(await tlsFront(minio.endpoint, own));
      const proxy = await startProxy({ user: "someone", password: "canary:pass@word" });
      vi.stubEnv("HTTPS_PROXY", proxy.url);
      vi.stubEnv("HTTP_PROXY", await closedPort());
      const location = { bucket, endpoint, credentials: { static: keys } };
      const open = (caCertificate?: string) => {
        const config = { ...location, caCertificate };
        return openStore(kind === "minio" ? { minio: config } : { aws: config });
      };
      await useAll(open(own.cert));
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(endpoint).host}`]));
      expect(await minio.objectKeys(bucket)).toEqual(["east/a b+c.txt"]);
      const untrusted = { code: "UntrustedCertificate", property: `storage.${kind}.endpoint` };
      await expectRefusal(open().get("key"), untrusted, /as caCertificate, in PEM form/);
    },
  );
});
