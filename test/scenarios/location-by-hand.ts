import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import { liveObject } from "./observe.ts";
import { veleroPath } from "./stack.ts";

/** A location as somebody has made it before us, with Velero's own tools: in a bucket of its own, with keys of its own. */
export async function locationByHand(
  { minio }: Sandbox,
  cluster: SandboxCluster,
  { prefix = "prod/eu", spec = {} }: { prefix?: string; spec?: object } = {},
): Promise<{ bucket: string; name: string; secret: string }> {
  const bucket = await minio.createBucket("by-hand");
  const secret = await createCredentialSecret(cluster, minio);
  const name = uniqueName("by-hand");
  await cluster.kubernetes.create(veleroPath("backupstoragelocations"), {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name, namespace: "velero", labels: { team: "platform" } },
    spec: {
      provider: "velero.io/aws",
      objectStorage: { bucket, ...(prefix && { prefix }) },
      config: {
        region: "us-east-1",
        s3Url: minio.endpoint,
        s3ForcePathStyle: "true",
        checksumAlgorithm: "",
        insecureSkipTLSVerify: "true",
      },
      credential: { name: secret.name, key: "file" },
      backupSyncPeriod: "2m",
      ...spec,
    },
  });
  await waitUntil("it is Available", async () =>
    phaseOf(await liveObject(cluster, "backupstoragelocations", name)) === "Available" ? true : undefined,
  );
  return { bucket, name, secret: secret.name };
}

/** A complete backup that was made with Velero's own tools. */
export async function backupByHand(cluster: SandboxCluster, location: string): Promise<string> {
  const shop = await createNamespace(cluster, "shop");
  await seedNamespace(cluster, shop, { objects: 4 });
  const name = uniqueName("by-hand");
  await cluster.kubernetes.create(veleroPath("backups"), {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name, namespace: "velero" },
    spec: { storageLocation: location, includedNamespaces: [shop], ttl: "24h" },
  });
  await waitUntil("it is complete", async () =>
    phaseOf(await liveObject(cluster, "backups", name)) === "Completed" ? true : undefined,
  );
  return name;
}

export const phaseOf = ({ status }: KubernetesObject): unknown => status?.["phase"];

/** What a refusal leaves as it is: not what Velero writes. */
export const withoutStatus = ({ metadata, spec }: KubernetesObject) => ({
  labels: metadata.labels,
  annotations: metadata["annotations"],
  spec,
});
