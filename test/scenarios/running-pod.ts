import type { SandboxCluster } from "../sandbox/sandbox.ts";

interface Parts {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** A pod that mounts a claim and says that it runs. There is no node: its name alone stands in the pod. */
export async function createRunningPod(
  { kubernetes }: SandboxCluster,
  namespace: string,
  claim: string,
  { annotations = {}, labels = {} }: Parts = {},
): Promise<string> {
  const name = `web-${claim}`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await kubernetes.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations, labels },
    spec: {
      nodeName: "no-such-node",
      volumes: [{ name: claim, persistentVolumeClaim: { claimName: claim } }],
      containers: [{ name: "app", image: "app", volumeMounts: [{ name: claim, mountPath: "/data" }] }],
    },
  });
  await kubernetes.patch(`${pods}/${name}/status`, { status: { phase: "Running" } });
  return name;
}
