import { beforeEach, describe, expect, test, vi } from "vitest";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { ensureRepositoryPassword } from "../../../../provider/kinds/cluster-location/repository-password.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import { uniqueName } from "../../../sandbox/unique-name.ts";
import { startFakeApiServer, status } from "../../kubernetes/fake-api-server.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";
import { testSession } from "../../session.ts";
import { checked } from "../declared.ts";

const session = testSession();

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const SECRETS = "/api/v1/namespaces/velero/secrets";
const PATH = `${SECRETS}/velero-repo-credentials`;
const REPOSITORIES = "/apis/velero.io/v1/namespaces/velero/backuprepositories";
const VELEROS_OWN = "static-passw0rd";
const WANTED = "a password of tests";
const owner = urnOf("ClusterLocation", "primary-east");

async function velero() {
  const server = await startFakeApiServer();
  server.putAt("/api/v1/namespaces", { metadata: { name: "kube-system", uid: uniqueName("uid") } });
  const { client } = await session.clusters.open(
    { kubeconfig: server.kubeconfig },
    clusterLabel("east"),
    undefined,
  );
  return {
    server,
    holds: (data: Record<string, string>) =>
      server.putAt(SECRETS, {
        metadata: { name: "velero-repo-credentials", namespace: "velero" },
        data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
      } as never),
    hasRepository: () => server.putAt(REPOSITORIES, { metadata: { name: "shop-default-kopia-x" } }),
    ensure: (repositoryPassword: unknown = WANTED, by = owner) =>
      ensureRepositoryPassword(client, {
        owner: by,
        lineage: LINEAGE,
        namespace: "velero",
        cluster: "east",
        repositoryPassword: repositoryPassword ?? undefined,
      } as unknown as ClusterLocationOutputs),
    password: () => {
      const { data } = server.at(PATH) as unknown as { data: Record<string, string> };
      return Buffer.from(data["repository-password"] ?? "", "base64").toString();
    },
    writes: () => server.requests.filter((request) => !request.startsWith("GET")),
  };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("The password of Velero's repositories", { timeout: 30_000 }, () => {
  test("is made where there is none, without a label that anything of ours would delete it by; none is looked at where none is declared", async () => {
    const { ensure, password, server } = await velero();
    const before = server.requests.length;
    await ensure(null);
    expect(server.requests).toHaveLength(before);
    await ensure();
    expect(password()).toBe(WANTED);
    expect(server.at(PATH)?.metadata.labels).toBeUndefined();
  });

  test.each([
    ["the same stays, whatever is stored", { "repository-password": WANTED }, true],
    [
      "the same but for a line break, which Velero trims, too",
      { "repository-password": `${WANTED}\n` },
      true,
    ],
    ["Velero's own gives way, by a patch", { "repository-password": VELEROS_OWN }, false],
    ["a Secret without one gets it, by a patch", { other: "thing" }, false],
  ])("is set so that %s", async (_what, data, isKept) => {
    const { ensure, holds, hasRepository, password, writes } = await velero();
    holds(data);
    if (isKept) hasRepository();
    await ensure();
    await ensure();
    expect(password().trim()).toBe(WANTED);
    expect(writes()).toEqual(isKept ? [] : [`PATCH ${PATH}`]);
  });

  test("is refused where repositories exist under Velero's own, and nothing is changed", async () => {
    const { ensure, holds, hasRepository, writes } = await velero();
    holds({ "repository-password": VELEROS_OWN });
    hasRepository();
    const refused = ensure();
    await expect(refused).rejects.toThrow(
      /^repositoryPassword: Velero in cluster "east" .*velero\/shop-default-kopia-x/,
    );
    await expect(refused).rejects.toThrow(/Nothing was changed/);
    expect(writes()).toEqual([]);
  });

  test("is refused where another is, even with nothing stored, and says neither", async () => {
    const { ensure, holds, writes } = await velero();
    holds({ "repository-password": "somebody's own" });
    const refused = ensure();
    await expect(refused).rejects.toThrow(/^repositoryPassword: .* not set by this project/);
    await expect(refused).rejects.not.toThrow(/somebody's own|a password of tests/);
    expect(writes()).toEqual([]);
  });

  test("is refused where another location has set another, which is named, or it has itself", async () => {
    const { ensure } = await velero();
    await ensure("first password");
    const elsewhere = urnOf("ClusterLocation", "second-east");
    await expect(ensure("another password", elsewhere)).rejects.toThrow(`which ${owner} has set`);
    await expect(ensure("another password")).rejects.toThrow("which this location has set before");
  });

  test("is looked at again where someone else writes in between", async () => {
    const { ensure, holds, server, password, writes } = await velero();
    holds({ "repository-password": VELEROS_OWN });
    const pass = () => "pass" as const;
    server.next(pass, pass, status(409, "Conflict"));
    await ensure();
    expect(password()).toBe(WANTED);
    expect(writes()).toEqual([`PATCH ${PATH}`, `PATCH ${PATH}`]);
  });

  test.each([
    ["empty", "", /^repositoryPassword: must not be empty/],
    ["too short", "seven77", /^repositoryPassword: must have at least 8 characters/],
    ["too short by reference", { env: "SHORT" }, /^repositoryPassword: must have at least 8 characters/],
    ["nowhere", { env: "NOT_SET_AT_ALL" }, /^repositoryPassword: the environment variable NOT_SET_AT_ALL/],
  ])("is refused by check where it is %s", async (_what, repositoryPassword, words) => {
    vi.stubEnv("SHORT", "   short   ");
    const { failures } = await checked("ClusterLocation", { repositoryPassword });
    expect(failures).toEqual([expect.stringMatching(words)]);
  });

  test("shows a changed reference by a fingerprint, and never its content", async () => {
    vi.stubEnv("PASSWORD", "first of passwords");
    const repositoryPassword = { env: "PASSWORD" };
    const first = await checked("ClusterLocation", { repositoryPassword });
    vi.stubEnv("PASSWORD", "second of passwords");
    const second = await checked("ClusterLocation", { repositoryPassword }, first.inputs);
    const fingerprintIn = ({ inputs }: typeof first) =>
      (inputs["fingerprints"] as Record<string, string>)["repositoryPassword"];
    expect(fingerprintIn(first)).toMatch(/^[0-9a-f]+:[0-9a-f]+$/);
    expect(fingerprintIn(second)).not.toBe(fingerprintIn(first));
    expect(JSON.stringify([first, second])).not.toContain("of passwords");
  });
});
