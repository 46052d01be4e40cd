import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";

/** A bound claim: without a controller nobody binds, so both sides are written as bound. Gives the volume's name. */
export async function createBoundVolume(
  { kubernetes }: SandboxCluster,
  namespace: string,
  claim: string,
  storageClassName = "",
): Promise<string> {
  const volume = uniqueName("volume");
  const common = { accessModes: ["ReadWriteOnce"], storageClassName };
  await kubernetes.create("/api/v1/persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volume },
    spec: {
      ...common,
      capacity: { storage: "1Gi" },
      hostPath: { path: "/tmp/nothing" },
      claimRef: { kind: "PersistentVolumeClaim", namespace, name: claim },
    },
  });
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  await kubernetes.create(claims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: claim },
    spec: { ...common, resources: { requests: { storage: "1Gi" } }, volumeName: volume },
  });
  await kubernetes.patch(`${claims}/${claim}/status`, { status: { phase: "Bound" } });
  await kubernetes.patch(`/api/v1/persistentvolumes/${volume}/status`, { status: { phase: "Bound" } });
  return volume;
}
