import { describe, expect, test } from "vitest";
import { discover, resolveResource } from "../../../provider/kubernetes/discovery.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { servedDocuments } from "./served.ts";

function discovered(documents = servedDocuments) {
  const { client, serve, writes } = memoryCluster();
  for (const [path, document] of Object.entries(documents)) serve(path, document);
  return { found: discover(client), writes };
}

describe("What a cluster serves", () => {
  test("is told with each kind in the version that it prefers, and nothing that is part of another", async () => {
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
    ]);
  });

  test("is told with where it lies, and whether it can be listed", async () => {
    const { kinds } = await discovered().found;
    const named = (name: string) => kinds.find(({ groupResource }) => groupResource === name);
    expect(named("deployments.apps")).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      plural: "deployments",
      groupResource: "deployments.apps",
      isNamespaced: true,
      isListable: true,
      names: ["deployments", "deployment", "deployment", "deploy"],
    });
    expect(named("namespaces")?.isNamespaced).toBe(false);
    expect(named("bindings")?.isListable).toBe(false);
    expect(named("secrets")?.names).toEqual(["secrets", "secret"]);
  });

  test("is told with the other versions that there are, those of a group that is down, too", async () => {
    const { apiVersions } = await discovered().found;
    expect([...apiVersions].toSorted()).toEqual([
      "apps/v1",
      "example.com/v1",
      "example.com/v1beta1",
      "metrics.example.com/v1beta1",
      "v1",
    ]);
  });

  test("is not told where the cluster itself does not say it, and nothing is written for it", async () => {
    const { "/apis": _groups, ...others } = servedDocuments;
    const { found, writes } = discovered(others);
    await expect(found).rejects.toThrow("nothing is served at /apis");
    expect(writes).toEqual([]);
  });
});

describe("A word stands for a kind as Velero reads it", () => {
  test.each([
    ["deployments.apps", "deployments.apps"],
    ["deployments", "deployments.apps"],
    ["deployment", "deployments.apps"],
    ["Deployment", "deployments.apps"],
    ["deploy", "deployments.apps"],
    ["deploy.apps", "deployments.apps"],
    ["cm", "configmaps"],
    // The core group comes first.
    ["pods", "pods"],
    ["po", "pods"],
    ["pods.example.com", "pods.example.com"],
    ["pod.example.com", "pods.example.com"],
    // Nothing is made of what is not served.
    ["deployments.example.com", "deployments.example.com"],
    ["gizmos", "gizmos"],
    ["*", "*"],
  ])("%s for %s", async (word, kind) => {
    const { kinds } = await discovered().found;
    expect(resolveResource(word, kinds)).toBe(kind);
  });
});
