import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { createBoundVolume } from "./bound-volume.ts";
import { configMap, pathOf } from "./restore-stack.ts";

/** A database as a workload has it: a pod that mounts a claim, and another that does not. */
export async function createDatabase(east: SandboxCluster): Promise<{ shop: string; volume: string }> {
  const shop = await createNamespace(east, "shop");
  const volume = await createBoundVolume(east, shop, "data", "late");
  await east.kubernetes.create(pathOf("configmaps", shop), configMap("settings", { size: "3" }));
  const metadata = {
    labels: { app: "db" },
    annotations: { "post.hook.restore.velero.io/command": '["boom"]' },
  };
  const db = {
    containers: [
      {
        name: "db",
        image: "db:1",
        env: [{ name: "PASSWORD", value: "secret" }],
        ports: [{ containerPort: 5432 }],
        volumeMounts: [{ name: "store", mountPath: "/data" }],
      },
    ],
    initContainers: [{ name: "migrate", image: "db:1" }],
    volumes: [{ name: "store", persistentVolumeClaim: { claimName: "data" } }],
    nodeSelector: { disk: "ssd" },
    automountServiceAccountToken: false,
  };
  for (const [name, spec] of [
    ["db-0", db],
    ["web-0", { containers: [{ name: "web", image: "web:1" }], automountServiceAccountToken: false }],
  ] as const) {
    const pods = `/api/v1/namespaces/${shop}/pods`;
    await east.kubernetes.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, ...metadata },
      spec,
    });
    await east.kubernetes.patch(`${pods}/${name}/status`, { status: { phase: "Running" } });
  }
  return { shop, volume };
}
