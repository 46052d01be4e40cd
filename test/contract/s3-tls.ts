import { describe, expect, test } from "vitest";
import { probe } from "../../provider/store/probe.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { selfSigned, tlsFront } from "./fronts.ts";
import type { RefusingStore } from "./s3-refusals.ts";

/** What a store of S3 makes of certificates, and of http where https belongs. */
export function describeS3OverTls({ kind, minio, settings, open }: RefusingStore): void {
  const property = (path: string) => `storage.${kind}.${path}`;

  describe("over TLS", () => {
    const own = selfSigned("IP:127.0.0.1");

    test("trusts the certificate that it was given", async () => {
      const bucket = await minio.createBucket();
      const endpoint = await tlsFront(minio.endpoint, own);
      const store = open({ ...settings(bucket), endpoint, caCertificate: own.cert });
      await probe(store, "east");
      await store.put("a", "b", { ifAbsent: true });
      expect(await minio.objectKeys(bucket)).toEqual(["a"]);
    });

    test("asks for the certificate of an authority that nobody knows", async () => {
      const store = open({ ...settings("bucket"), endpoint: await tlsFront(minio.endpoint, own) });
      const expected = { code: "UntrustedCertificate", property: property("endpoint") };
      await expectRefusal(store.inspect(), expected, /as caCertificate, in PEM form/);
    });

    test("tells a certificate for another name from one that is not trusted", async () => {
      const other = selfSigned("DNS:other.example.com");
      const endpoint = await tlsFront(minio.endpoint, other);
      const store = open({ ...settings("bucket"), endpoint, caCertificate: other.cert });
      const expected = { code: "UntrustedCertificate", vendorCode: "ERR_TLS_CERT_ALTNAME_INVALID" };
      await expectRefusal(store.inspect(), expected, /certificate is for another name/);
    });

    test("refuses a caCertificate that is none", async () => {
      const endpoint = await tlsFront(minio.endpoint, own);
      const store = open({ ...settings("bucket"), endpoint, caCertificate: "/etc/ssl/ca.pem" });
      await expectRefusal(
        store.inspect(),
        { property: property("caCertificate") },
        /not a certificate in PEM form/,
      );
    });

    test("says so where the store speaks plain HTTP", async () => {
      const store = open({ ...settings("bucket"), endpoint: minio.endpoint.replace("http:", "https:") });
      const expected = { code: "Unreachable", property: property("endpoint") };
      await expectRefusal(store.inspect(), expected, /begin the endpoint with http:\/\//);
    });

    test("blames the endpoint where the store speaks HTTPS only", async () => {
      const endpoint = (await tlsFront(minio.endpoint, own)).replace("https:", "http:");
      const expected = { code: "Unreachable", property: property("endpoint") };
      await expectRefusal(
        open({ ...settings("bucket"), endpoint }).inspect(),
        expected,
        /http or https as it expects/,
      );
    });
  });
}
