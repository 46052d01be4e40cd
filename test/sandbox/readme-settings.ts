import type { Sandbox, SandboxCluster } from "./sandbox.ts";

/** The settings of the README's second step, as they are typed, with which its program runs on this sandbox. */
export function readmeSettings(
  { minio }: Pick<Sandbox, "minio">,
  { kubeconfigPath }: Pick<SandboxCluster, "kubeconfigPath">,
  { bucket, namespace }: { bucket: string; namespace: string },
): string[] {
  return [
    `pulumi config set bucket ${bucket}`,
    `pulumi config set minioEndpoint ${minio.endpoint}`,
    `pulumi config set --secret minioAccessKey ${minio.accessKey}`,
    `pulumi config set --secret minioSecretKey ${minio.secretKey}`,
    `pulumi config set --secret eastKubeconfig < ${kubeconfigPath}`,
    `pulumi config set namespace ${namespace}`,
  ];
}
