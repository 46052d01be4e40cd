import { expect, test } from "vitest";
import { requireKinds } from "../../../provider/rules/selected-kinds.ts";
import { servedDocuments } from "../kubernetes/served.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";

/** Judges kinds in one of many clusters, where the server of an API answers or does not. */
async function judged(includedResources: string[], { isSilent }: { isSilent: boolean }): Promise<string> {
  const cluster = memoryCluster();
  const { groups } = servedDocuments["/apis"] as { groups: { name: string }[] };
  for (const [path, document] of Object.entries(servedDocuments)) cluster.serve(path, document);
  if (!isSilent)
    cluster.serve("/apis", { groups: groups.filter(({ name }) => !name.startsWith("metrics.")) });
  const how = { refuses: "nothing there", tell: () => undefined } as const;
  return requireKinds(cluster.client, { includedResources }, how).then(
    () => "taken",
    (error: Error) => error.message,
  );
}

test("One of many clusters is left out that has none of the wanted kinds", async () => {
  expect(await judged(["gadgets.example.org"], { isSilent: false })).toContain("gadgets.example.org");
  expect(await judged(["gadgets.example.org", "configmaps"], { isSilent: false })).toBe("taken");
});

test("It is not left out while the server of an API does not answer: they may be there", async () => {
  expect(await judged(["gadgets.example.org"], { isSilent: true })).toBe("taken");
});
