import { describe, expect, test } from "vitest";
import { discover } from "../../../provider/kubernetes/discovery.ts";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { servedDocuments } from "./served.ts";

function discovered(documents = servedDocuments) {
  const { client, serve, writes } = memoryCluster();
  for (const [path, document] of Object.entries(documents)) serve(path, document);
  return { found: discover(client), writes };
}

describe("What a cluster serves", () => {
  test("is told in every version, of each group that which it prefers first, and nothing that is part of another", async () => {
    const { kinds } = await discovered().found;
    expect(kinds.map(({ apiVersion, groupResource }) => `${apiVersion} ${groupResource}`)).toEqual([
      "v1 configmaps",
      "v1 pods",
      "v1 bindings",
      "v1 namespaces",
      "v1 secrets",
      "apps/v1 deployments.apps",
      "example.com/v1 widgets.example.com",
      "example.com/v1 pods.example.com",
      "example.com/v1beta1 widgets.example.com",
      "example.com/v1beta1 gadgets.example.com",
    ]);
  });

  test("is told with where it lies, what it can do, and its names", async () => {
    const { kinds } = await discovered().found;
    const named = (name: string) => kinds.find(({ groupResource }) => groupResource === name);
    expect(named("deployments.apps")).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      plural: "deployments",
      groupResource: "deployments.apps",
      isNamespaced: true,
      isListable: true,
      verbs: ["list", "get", "create", "delete"],
      singular: "deployment",
      shortNames: ["deploy"],
    });
    expect(named("namespaces")?.isNamespaced).toBe(false);
    expect(named("bindings")?.isListable).toBe(false);
    expect(named("secrets")?.singular).toBe("secret");
  });

  test("is told without a group whose server is down, and with its name", async () => {
    expect((await discovered().found).silent).toEqual(["metrics.example.com/v1beta1"]);
  });

  test("is not told in part: what cannot be read for another reason might be anything", async () => {
    const { client, serve } = memoryCluster();
    for (const [path, document] of Object.entries(servedDocuments)) serve(path, document);
    const { read } = client;
    client.read = async (path) => {
      if (path !== "/apis/apps/v1") return read(path);
      throw new KubernetesError({ status: 429, reason: "TooManyRequests", what: "the cluster is busy" });
    };
    await expect(discover(client)).rejects.toThrow("the cluster is busy");
  });

  test("is not told where the cluster itself does not say it, and nothing is written for it", async () => {
    const { "/apis": _groups, ...others } = servedDocuments;
    const { found, writes } = discovered(others);
    await expect(found).rejects.toThrow("nothing is served at /apis");
    expect(writes).toEqual([]);
  });
});
