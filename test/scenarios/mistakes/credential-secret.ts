import type { SandboxCluster } from "../../sandbox/sandbox.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

/** A Secret as a user would make it: under the key `file` what Velero's plugin for S3 wants. */
export async function createCredentialSecret(
  { kubernetes }: SandboxCluster,
  { accessKey, secretKey }: { accessKey: string; secretKey: string },
): Promise<{ name: string; remove: () => Promise<void> }> {
  const name = uniqueName("store-keys");
  const file = `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;
  await kubernetes.create(SECRETS, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "velero" },
    data: { file: Buffer.from(file).toString("base64") },
  });
  return { name, remove: () => kubernetes.delete(`${SECRETS}/${name}`) };
}
