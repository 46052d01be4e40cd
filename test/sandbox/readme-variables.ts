import type { Sandbox, SandboxCluster } from "./sandbox.ts";

/** The variables of the README's second step, as a shell takes them, with which its program runs on this sandbox. */
export function readmeVariables(
  { minio }: Pick<Sandbox, "minio">,
  { kubeconfigPath }: Pick<SandboxCluster, "kubeconfigPath">,
  { bucket, namespace }: { bucket: string; namespace: string },
): string[] {
  return [
    `export BUCKET=${bucket}`,
    `export MINIO_ENDPOINT=${minio.endpoint}`,
    `export MINIO_ACCESS_KEY=${minio.accessKey}`,
    `export MINIO_SECRET_KEY=${minio.secretKey}`,
    `export EAST_KUBECONFIG="$(cat ${kubeconfigPath})"`,
    `export NAMESPACE=${namespace}`,
  ];
}
