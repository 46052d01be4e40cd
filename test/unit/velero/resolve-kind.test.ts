import { describe, expect, test } from "vitest";
import { discover } from "../../../provider/kubernetes/discovery.ts";
import { resolveKind, resolveKindAlone } from "../../../provider/velero/matching.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { servedDocuments } from "../kubernetes/served.ts";

async function served() {
  const { client, serve } = memoryCluster();
  for (const [path, document] of Object.entries(servedDocuments)) serve(path, document);
  return (await discover(client)).kinds;
}

// `test/scenarios/kinds.test.ts` holds this table to what Velero's own server backs up.
describe("A word stands for a kind as Velero reads it", () => {
  test.each([
    ["deployments.apps", "deployments.apps"],
    ["deployments", "deployments.apps"],
    ["deployment", "deployments.apps"],
    ["Deployment", "deployments.apps"],
    ["deploy", "deployments.apps"],
    ["deploy.apps", "deployments.apps"],
    ["Deployment.apps", "deployments.apps"],
    // A group may be cut short.
    ["deployments.ap", "deployments.apps"],
    ["widgets.example", "widgets.example.com"],
    ["cm", "configmaps"],
    // Small letters are as good as capitals in a name, and in nothing else.
    ["CM", undefined],
    ["deployments.Apps", undefined],
    // The core group comes first.
    ["pods", "pods"],
    ["po", "pods"],
    ["pods.example.com", "pods.example.com"],
    ["pod.example.com", "pods.example.com"],
    // The group prefers a version that has none of these.
    ["gadgets", "gadgets.example.com"],
    // Nothing is made of what is not served, or of what Velero can do nothing with.
    ["deployments.example.com", undefined],
    ["gizmos", undefined],
    ["bindings", undefined],
    ["secret.v1", undefined],
    ["*", undefined],
  ])("%s for %s", async (word, kind) => {
    expect(resolveKind(word, await served())?.groupResource).toBe(kind);
  });

  test.each([
    ["Deployment", "deployments.apps"],
    ["deploy", "deployments.apps"],
    ["deployments.apps", undefined],
    ["deployment.apps", undefined],
  ])("in the filter of a policy %s for %s: no group is looked for in it", async (word, kind) => {
    expect(resolveKindAlone(word, await served())?.groupResource).toBe(kind);
  });
});
