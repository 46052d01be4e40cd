import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { connect, type KubernetesClient } from "../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../provider/kubernetes/connection.ts";
import { isUnreachable } from "../../provider/kubernetes/kubernetes-error.ts";
import { locations, namespaces } from "../../provider/kubernetes/resources.ts";
import { waitFor } from "../../provider/kubernetes/wait.ts";
import { deadlineOf } from "../../provider/core/deadline.ts";
import { proxiedKubeconfig } from "../proxy/proxied-kubeconfig.ts";
import { type RecordingProxy, startProxy } from "../proxy/recording-proxy.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { closedPort, silentServer } from "./fronts.ts";
import { testSession } from "../unit/session.ts";

const namespace = "velero";
const system = { type: namespaces, name: "kube-system" };
const login = { user: "someone", password: "canary:pass@word" };

describeOnSandbox("A cluster behind a proxy", (sandbox) => {
  afterEach(() => void vi.unstubAllEnvs());
  const east = sandbox.cluster("east");
  const kubeconfig = proxiedKubeconfig(east.kubeconfig);
  const [, authority = ""] = /server: https:\/\/(\S+)/.exec(kubeconfig) ?? [];
  const through = (proxyUrl?: string): Promise<KubernetesClient> =>
    connect(
      testSession(),
      { kubeconfig: proxiedKubeconfig(east.kubeconfig, proxyUrl) },
      clusterLabel("east"),
    );

  /** All kinds of calls, and a wait for what the real Velero says of a location. */
  async function useAll(client: KubernetesClient, isWatching: () => boolean): Promise<void> {
    expect((await client.get(system))?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect((await client.list({ type: locations, namespace })).resourceVersion).toMatch(/^\d+$/);
    const name = uniqueName("proxied");
    const target = { type: locations, namespace, name };
    const waiting = waitFor(client, target, phaseOf, {
      deadline: deadlineOf("create", { create: "60s" }),
      what: "no phase",
      todo: "",
    });
    await waitUntil("the watch is open", () => Promise.resolve(isWatching() || undefined));
    await client.create(locations, locationOf(name, sandbox.minio.endpoint));
    const path = `/apis/velero.io/v1/namespaces/${namespace}/backupstoragelocations/${name}`;
    onTestFinished(() => east.kubernetes.delete(path));
    expect(await waiting).toBe("Unavailable");
    await client.patch(target, { metadata: { labels: { seen: "yes" } } });
    expect((await east.kubernetes.get(path))?.metadata.labels).toMatchObject({ seen: "yes" });
    expect(await client.delete(target)).toBe(true);
  }

  /** One connection for requests, and one for the watch. */
  const bothThrough = (proxy: RecordingProxy) => () => proxy.tunnels() >= 2;

  test("is reached through HTTPS_PROXY, watches and all, with user and password", async () => {
    const proxy = await startProxy(login);
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "localhost,127.0.0.1");
    await useAll(await through(), bothThrough(proxy));
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${authority}`]));
  });

  test("is reached through its kubeconfig's proxy-url, whatever the environment says", async () => {
    const [proxy, other] = [await startProxy(login), await startProxy()];
    vi.stubEnv("HTTPS_PROXY", other.url);
    vi.stubEnv("NO_PROXY", "*");
    await useAll(await through(proxy.url), bothThrough(proxy));
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${authority}`]));
    expect(other.asked).toEqual([]);
  });

  test("is reached directly where NO_PROXY says so", async () => {
    const proxy = await startProxy({ status: 503 });
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", authority);
    expect(await (await through()).get(system)).toBeDefined();
    expect(proxy.asked).toEqual([]);
  });

  test.each([
    ["HTTPS_PROXY", "clusters.east"],
    ["proxy-url", "clusters.east.kubeconfig"],
  ])("names %s where that fails, without its password", async (from, property) => {
    const reach = async (proxy: string): Promise<Error> => {
      if (from === "HTTPS_PROXY") vi.stubEnv(from, proxy);
      const client = await through(from === "HTTPS_PROXY" ? undefined : proxy).catch((error: Error) => error);
      if (client instanceof Error) return client;
      return client.get(system).then(
        () => expect.fail("was reached"),
        (error: Error) => error,
      );
    };
    const user = "http://someone:canary-password@";
    const says = async (proxy: string, words: RegExp) => {
      const error = await reach(proxy);
      expect(error.message.startsWith(`${property}: cluster "east"`), error.message).toBe(true);
      expect(error.message).toMatch(words);
      expect(error.message).not.toMatch(/canary|someone/);
      return error;
    };

    const guarded = await startProxy(login);
    const refused = await says(
      guarded.url.replace(/canary.*@/, "canary-wrong@"),
      /the proxy http:\/\/127\.0\.0\.1:\d+ \((HTTPS_PROXY|proxy-url)\) answered 407 .*asks for other credentials/,
    );
    expect(isUnreachable(refused)).toBe(true);
    expect(guarded.asked, "asked once").toHaveLength(1);
    const strict = await startProxy({ status: 403 });
    await says(
      strict.url,
      /answered 403 to a connection to 0\.0\.0\.0:\d+ .*have that host and port allowed/,
    );
    await says((await startProxy({ status: 502 })).url, /answered 502 .*The proxy cannot get there/);
    await says(
      (await closedPort()).replace("http://", user),
      /does not answer: .*ECONNREFUSED.*Nothing listens there/,
    );
    await says(
      `${user}no-such-proxy.invalid:3128`,
      /the proxy http:\/\/no-such-proxy\.invalid:3128 .*No such host/,
    );
    await says("socks://", /is not one that can be used.*Write it as http:/);
  });

  test("is told apart from a proxy that falls silent", async () => {
    vi.stubEnv("HTTPS_PROXY", await silentServer());
    const client = await through();
    await expect(client.get(system)).rejects.toThrow(
      /cluster "east" does not answer at \S+ through the proxy http:\S+ \(HTTPS_PROXY\): no answer in time/,
    );
  });
});

const phaseOf = (object: object | undefined): string | undefined =>
  (object as { status?: { phase?: string } } | undefined)?.status?.phase;

const locationOf = (name: string, s3Url: string) => ({
  metadata: { name, namespace },
  spec: {
    provider: "aws",
    objectStorage: { bucket: "nobody-has-this-bucket" },
    config: { region: "us-east-1", s3Url, s3ForcePathStyle: "true" },
  },
});
