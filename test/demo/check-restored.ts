import { isDeepStrictEqual } from "node:util";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { count, passed } from "./screen.ts";

const COLLECTIONS = [
  "/api/v1 configmaps",
  "/api/v1 secrets",
  "/apis/apps/v1 deployments",
  "/api/v1 services",
];

/** What the seeded objects of a namespace say, by kind and name. */
export async function objectsIn(cluster: SandboxCluster, namespace: string): Promise<Map<string, object>> {
  const lists = COLLECTIONS.map(async (collection) => {
    const [api, plural] = collection.split(" ");
    const objects = await cluster.kubernetes.list(`${api}/namespaces/${namespace}/${plural}`);
    return objects
      .filter(({ metadata }) => metadata.name.startsWith("app-"))
      .map((object): [string, object] => [`${plural}/${object.metadata.name}`, contentOf(object)]);
  });
  return new Map((await Promise.all(lists)).flat());
}

/** Without what each cluster gives it: an address, a status, revisions. */
function contentOf({ data, spec }: { data?: unknown; spec?: object }): object {
  const { clusterIP: _one, clusterIPs: _all, ...declared } = (spec ?? {}) as Record<string, unknown>;
  return { data, spec: declared };
}

/** Deletes a namespace, and waits until it is gone. */
export async function deleteNamespace({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  await kubernetes.delete(path);
  await waitUntil("the namespace is gone", async () => ((await kubernetes.get(path)) ? undefined : true));
}

/** That each object is there again, and says what it did. */
export function expectObjects(found: Map<string, object>, seeded: Map<string, object>, place: string): void {
  const other = [...seeded].filter(([name, content]) => !isDeepStrictEqual(found.get(name), content));
  if (other.length > 0) {
    throw new Error(`${place} lacks or has otherwise: ${other.map(([name]) => name).join(", ")}`);
  }
  passed(`all ${count(seeded.size, "object")} are in ${place}, each as it was`);
}
