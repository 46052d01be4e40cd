import { createServer, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";
import { downloadFile } from "../../../provider/velero/velero-file.ts";
import { closedPort, selfSigned, serve, silentServer, tlsFront } from "../../contract/fronts.ts";
import { behindProxies, startProxy } from "../../proxy/recording-proxy.ts";
import { hasten } from "../kubernetes/hasten.ts";
import { lostAnswer, startFakeApiServer, status } from "../kubernetes/fake-api-server.ts";
import { testSession } from "../session.ts";

const REQUESTS = "/apis/velero.io/v1/namespaces/velero/downloadrequests";
const target = { kind: "BackupResults", name: "b" } as const;
const stored = gzipSync("results");
const session = testSession();
const signature = "X-Amz-Signature=0123456789abcdef0123456789abcdef";

/** A Velero that signs this URL at once. */
async function signing(url: string) {
  return velero({ statusOfNew: { phase: "Processed", downloadURL: url } });
}

async function velero(options: { statusOfNew?: object } = {}) {
  const server = await startFakeApiServer(options);
  const client = await connect(session, { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  return {
    server,
    download: (how?: { caCertificate?: string }) =>
      downloadFile(client, "velero", target, { ...how, take: buffer }),
  };
}

/** A store that answers so. */
const storeWith = async (answer: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await serve(createServer(answer))}`;

const storeWithFile = () => storeWith((_request, response) => void response.end(stored));

const signed = (store: string): string => `${store}/bucket/b-results.gz?${signature}`;

beforeEach(() => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) vi.stubEnv(name, "");
});

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A file of Velero's", { timeout: 30_000 }, () => {
  test("comes as it is stored, by a request that is gone afterwards and a URL that is secret", async () => {
    const url = signed(await storeWithFile());
    const { server, download } = await signing(url);
    expect(await download()).toEqual(stored);
    const [created, ...others] = server.requests;
    expect(created).toBe(`POST ${REQUESTS}`);
    const name = /downloadrequests\/(pulumi-velero-[0-9a-f]{12})$/.exec(others.at(-1) ?? "")?.[1];
    expect(others.at(-1)).toBe(`DELETE ${REQUESTS}/${name}`);
    expect(server.at(`${REQUESTS}/${name}`)).toBeUndefined();
    expect(session.secrets.redact(`GET ${url}`)).toBe("GET [secret]");
    expect(session.secrets.redact(`at another host: /b?${signature}`)).toBe("at another host: /b?[secret]");
  });

  test("is waited for until Velero has signed, by a watch", async () => {
    const url = signed(await storeWithFile());
    const { server, download } = await velero();
    const file = download();
    await vi.waitFor(() => expect(server.watches()).toBe(1), 10_000);
    const name = decodeURIComponent(/metadata\.name%3D([^&]+)/.exec(server.requests[1] ?? "")?.[1] ?? "");
    const asked = server.at(`${REQUESTS}/${name}`);
    expect(asked).toMatchObject({ spec: { target } });
    server.putAt(REQUESTS, { ...asked!, status: { phase: "Processed", downloadURL: url } });
    expect(await file).toEqual(stored);
  });

  test("is not gunzipped on the way, whatever the store says of its encoding", async () => {
    const store = await storeWith((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" }).end(stored);
    });
    const { download } = await signing(signed(store));
    expect(await download()).toEqual(stored);
  });

  test("comes over TLS by the certificate that was given, and not without it", async () => {
    const own = selfSigned("IP:127.0.0.1");
    const { download } = await signing(signed(await tlsFront(await storeWithFile(), own)));
    // The front leads to the server's root, whatever was asked for.
    expect(await download({ caCertificate: own.cert })).toEqual(stored);
    expect(await download()).toBeUndefined();
    expect(await download({ caCertificate: "none at all" })).toBeUndefined();
  });

  test("comes through the proxy that stands before the store, and not where NO_PROXY lists it", async () => {
    const proxy = await startProxy({ user: "someone", password: "canary:pass" });
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    const plain = behindProxies(signed(await storeWithFile()));
    expect(await (await signing(plain)).download()).toEqual(stored);
    expect(proxy.asked).toEqual([`GET ${plain}`]);

    const own = selfSigned("IP:0.0.0.0");
    const secured = behindProxies(signed(await tlsFront(await storeWithFile(), own)));
    expect(await (await signing(secured)).download({ caCertificate: own.cert })).toEqual(stored);
    expect(proxy.asked[1]).toBe(`CONNECT ${new URL(secured).host}`);

    vi.stubEnv("NO_PROXY", "0.0.0.0");
    expect(await (await signing(plain)).download()).toEqual(stored);
    expect(proxy.asked).toHaveLength(2);
  });

  test.each([
    ["there is none", () => storeWith((_request, response) => void response.writeHead(404).end("<Error/>"))],
    ["the store refuses", () => storeWith((_request, response) => void response.writeHead(403).end("no"))],
    ["nobody listens", () => closedPort()],
    ["no such host is", () => Promise.resolve("http://minio.velero.svc.invalid:9000")],
    ["a login page is answered", () => storeWith((_request, response) => void response.end("<html>"))],
    [
      "it breaks off",
      () =>
        storeWith((_request, response) => {
          response.writeHead(200, { "content-length": 1_000 });
          response.write(stored, () => response.destroy());
        }),
    ],
    ["a proxy is none", () => (vi.stubEnv("HTTP_PROXY", "socks5://p:1"), Promise.resolve("http://s3.test"))],
    ["it is no URL", () => Promise.resolve("ftp://somewhere")],
  ])("is none where %s", async (_what, storeAt) => {
    const { download, server } = await signing(signed(await storeAt()));
    expect(await download()).toBeUndefined();
    expect(server.requests.at(-1)).toMatch(/^DELETE/);
  });

  test.each([
    ["a connection is taken, and no TLS spoken", "https:"],
    ["the store never answers", "http:"],
  ])("is given up where %s", async (_what, scheme) => {
    hastenSignals();
    const { download } = await signing(signed((await silentServer()).replace("http:", scheme)));
    const since = Date.now();
    expect(await download()).toBeUndefined();
    expect(Date.now() - since).toBeLessThan(5_000);
  });

  test("takes its time, as long as it comes", async () => {
    // Fifteen seconds of a whole download would be 750 ms.
    hasten();
    hastenSignals();
    const large = Buffer.concat([stored, Buffer.alloc(3_000)]);
    const store = await storeWith((_request, response) => {
      void (async () => {
        for (let at = 0; at < large.length; at += 300) {
          response.write(large.subarray(at, at + 300));
          await sleep(150);
        }
        response.end();
      })();
    });
    const { download } = await signing(signed(store));
    expect(await download()).toEqual(large);
  });

  test("that its reader finds wrong fails as that says", async () => {
    const { server } = await signing(signed(await storeWithFile()));
    const client = await connect(session, { kubeconfig: server.kubeconfig }, clusterLabel("east"));
    const take = () => Promise.reject(new Error("it is damaged"));
    await expect(downloadFile(client, "velero", target, { take })).rejects.toThrow("it is damaged");
  });

  test("is given up where Velero never signs, as where its location is Unavailable, and the request taken back", async () => {
    hastenSignals();
    const { server, download } = await velero({ statusOfNew: { expiration: "2026-11-25T18:00:00Z" } });
    expect(await download()).toBeUndefined();
    expect(server.requests.at(-1)).toMatch(/^DELETE/);
  });

  test("is none where the request vanishes", async () => {
    const { server, download } = await velero();
    const file = download();
    await vi.waitFor(() => expect(server.watches()).toBe(1), 10_000);
    server.send({ type: "DELETED", object: { metadata: { name: "it" } } });
    expect(await file).toBeUndefined();
  });

  test("is none to those who may not ask, or not look what became of it", async () => {
    const { server, download } = await velero();
    server.next(status(403, "Forbidden"));
    expect(await download()).toBeUndefined();
    expect(server.requests).toEqual([`POST ${REQUESTS}`]);
    server.next(() => "pass", status(403, "Forbidden"));
    expect(await download()).toBeUndefined();
    expect(server.requests.at(-1)).toMatch(/^DELETE/);
  });

  test("fails with the cluster's words where the cluster fails", async () => {
    const { server, download } = await velero();
    server.next(status(422, "Invalid"));
    await expect(download()).rejects.toThrow(/cluster "east" refused POST .*downloadrequests/);
  });

  test("takes what it has asked for as its own where the answer to that was lost on the way", async () => {
    const { server, download } = await signing(signed(await storeWithFile()));
    server.next(lostAnswer);
    expect(await download()).toEqual(stored);
    expect(server.requests.slice(0, 2)).toEqual([`POST ${REQUESTS}`, `POST ${REQUESTS}`]);
  });
});

/** Time limits that are signals, like `hasten` those that are timers. */
function hastenSignals(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(Math.ceil(ms / 20)));
  onTestFinished(() => spy.mockRestore());
}
