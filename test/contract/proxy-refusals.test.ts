import type { Resolved } from "../../provider/core/secrets.ts";
import { createServer } from "node:https";
import { inspect } from "node:util";
import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openStore } from "../../provider/store/stores.ts";
import type { StorageConfig } from "../../provider/store/storage-config.ts";
import { startProxy } from "../proxy/recording-proxy.ts";
import { canary, canaryPassword, expectRefusal, within } from "./expect-refusal.ts";
import { closedPort, selfSigned, serve, silentServer } from "./fronts.ts";

const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const serviceAccountKey = JSON.stringify({
  type: "service_account",
  client_email: "velero@sandbox.iam.gserviceaccount.com",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
});
const keys = { accessKeyId: canary.accessKeyId, secretAccessKey: canary.secretAccessKey };
const storageAccountKey = Buffer.from(canaryPassword).toString("base64");
const sts = { roleArn: "arn:aws:iam::123456789012:role/velero", source: { static: keys } };
const principal = {
  tenantId: "11111111-2222-3333-4444-555555555555",
  clientId: "1",
  clientSecret: canaryPassword,
};
const container = { storageAccount: "backups", container: "velero" };

/** Each store at its vendor's own address, and the first that it asks there. */
const stores: Record<string, { config: Resolved<StorageConfig>; asks: string }> = {
  "MinIO with https": {
    config: {
      minio: { bucket: "backups", endpoint: "https://minio.example.com:9000", credentials: { static: keys } },
    },
    asks: "CONNECT minio.example.com:9000",
  },
  "AWS S3": {
    config: { aws: { bucket: "backups", region: "eu-west-1", credentials: { static: keys } } },
    asks: "CONNECT backups.s3.eu-west-1.amazonaws.com:443",
  },
  "AWS STS": {
    config: { aws: { bucket: "backups", region: "eu-west-1", credentials: { sts } } },
    asks: "CONNECT sts.eu-west-1.amazonaws.com:443",
  },
  "Google's token server": {
    config: { gcp: { bucket: "backups", credentials: { serviceAccountKey } } },
    asks: "CONNECT oauth2.googleapis.com:443",
  },
  "Azure Blob Storage": {
    config: { azure: { ...container, credentials: { storageAccountKey } } },
    asks: "CONNECT backups.blob.core.windows.net:443",
  },
  "Entra ID": {
    config: { azure: { ...container, credentials: { servicePrincipal: principal } } },
    asks: "CONNECT login.microsoftonline.com:443",
  },
  "MinIO with http": {
    config: {
      minio: { bucket: "backups", endpoint: "http://minio.example.com:9000", credentials: { static: keys } },
    },
    asks: "GET http://minio.example.com:9000/backups",
  },
  "S3 with http": {
    config: { aws: { bucket: "backups", endpoint: "http://s3.example.com", credentials: { static: keys } } },
    asks: "GET http://s3.example.com/backups",
  },
  "Azure with http": {
    config: {
      azure: {
        ...container,
        endpoint: "http://azure.example.com/backups",
        credentials: { storageAccountKey },
      },
    },
    asks: "GET http://azure.example.com/backups/velero",
  },
};

/** Named as the proxy's, by no property, and without user or password. */
const unreachable = { code: "Unreachable", property: undefined };
const user = `http://someone:${canaryPassword}@`;

describe("A proxy before any store", () => {
  afterEach(() => void vi.unstubAllEnvs());

  /** All at once: what a proxy makes them wait, they wait together. */
  async function refuses(
    proxy: string,
    expected: object,
    words: RegExp,
    names = Object.keys(stores),
  ): Promise<void> {
    vi.stubEnv("HTTPS_PROXY", proxy);
    vi.stubEnv("HTTP_PROXY", proxy);
    vi.stubEnv("NO_PROXY", "");
    const wrong = names.map(async (name) => {
      const { config } = stores[name] ?? expect.fail(name);
      return expectRefusal(openStore(config).children("east/"), { ...unreachable, ...expected }, words).then(
        () => undefined,
        (error: Error) => `${name}: ${inspect(error)}`,
      );
    });
    expect((await Promise.all(wrong)).filter(Boolean).join("\n\n")).toBe("");
  }

  test("that does not let it through is told with its own answer, and what to allow", async () => {
    const proxy = await startProxy({ status: 403, page: "<html>Access denied</html>" });
    const words = /the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS?_PROXY\) .*403.*NO_PROXY/;
    await refuses(proxy.url.replace("http://", user), {}, words);
    for (const { asks } of Object.values(stores)) {
      expect(proxy.asked).toContainEqual(expect.stringContaining(asks));
    }
  });

  test("that asks for other credentials is told, and what to write where", async () => {
    const proxy = await startProxy({ user: "someone", password: "the right one" });
    const expected = { vendorCode: "ERR_PROXY_CREDENTIALS" };
    const words = /\(HTTPS?_PROXY\) answered 407.*as in http:\/\/user:password@host:port/;
    await refuses(proxy.url.replace(/:the.*@/, `:${canaryPassword}@`), expected, words);
  });

  test("that cannot reach it is told from a store that is overloaded", async () => {
    const proxy = await startProxy({ status: 502 });
    const words = /the proxy http:\/\/127\S+ \(HTTPS?_PROXY\) .*502/;
    await refuses(proxy.address.replace("http://", ""), {}, words);
  });

  test("that does not listen is told within 10 s", async () => {
    const proxy = await closedPort();
    const expected = { vendorCode: "ERR_PROXY_REFUSED" };
    const words = new RegExp(`the proxy ${proxy} .*ECONNREFUSED`);
    await within(10, refuses(proxy.replace("http://", user), expected, words));
  });

  test("that has no address is told as such", async () => {
    const words = /the proxy http:\/\/no-such-proxy\.invalid:3128 \(HTTPS?_PROXY\).*No such host/;
    await refuses(`${user}no-such-proxy.invalid:3128`, { vendorCode: "ERR_PROXY_HOST" }, words);
  });

  test("that is no address, or none of HTTP, is told without repeating it", async () => {
    const expected = { vendorCode: "ERR_PROXY_ADDRESS" };
    await refuses(`ftp://${canaryPassword}@proxy:1`, expected, /the proxy in HTTPS?_PROXY is not one/);
    const words = /socks5:\/\/proxy\.example\.com:1080 .* none of HTTP/;
    await refuses("socks5://proxy.example.com:1080", expected, words);
  });

  test("that is silent is told as such, within 20 s", async () => {
    const expected = { vendorCode: "ERR_PROXY_SILENT" };
    const words = /\(HTTPS_PROXY\) does not answer: connected, but no answer within 10 s/;
    await within(
      20,
      refuses(await silentServer(), expected, words, ["MinIO with https", "AWS S3", "Entra ID"]),
    );
  });
});

test("A proxy that reads along in the way to Entra ID is no wrong key", async () => {
  const other = createServer(selfSigned("DNS:login.microsoftonline.com"), (_, answer) => answer.end("No"));
  const proxy = await startProxy({ hosts: { "login.microsoftonline.com:443": await serve(other) } });
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  const store = openStore({ azure: { ...container, credentials: { servicePrincipal: principal } } });
  const expected = { code: "UntrustedCertificate", property: undefined };
  await expectRefusal(store.children(""), expected, /Entra ID.*NODE_EXTRA_CA_CERTS/);
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const page = { code: "Unreachable", vendorCode: "NotEntraId", property: undefined };
  await expectRefusal(store.children(""), page, /HTTP 200.*Entra ID/);
  vi.unstubAllEnvs();
});

test("A malformed proxy is told before whatever else was wrong", async () => {
  vi.stubEnv("HTTPS_PROXY", `ftp://${canaryPassword}@proxy:1`);
  const credentials = { servicePrincipal: { ...principal, tenantId: "no tenant" } };
  const store = openStore({ azure: { ...container, credentials } });
  const expected = { ...unreachable, vendorCode: "ERR_PROXY_ADDRESS" };
  await expectRefusal(store.children(""), expected, /the proxy in HTTPS_PROXY is not one/);
  vi.unstubAllEnvs();
});
