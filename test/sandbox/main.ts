/** `npm run sandbox [-- --clusters east,west] [--node] [--gcs] [--azure] [--kubernetes-plugin]`: keeps the real stack up for people, until Ctrl-C. */
import { parseArgs } from "node:util";
import { SandboxUnavailable } from "./build/sandbox-unavailable.ts";
import { readmeSettings } from "./readme-settings.ts";
import type { Sandbox } from "./sandbox.ts";
import { seedNamespace } from "./seed-namespace.ts";
import { startSandbox } from "./start-sandbox.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "east,west" },
    node: { type: "boolean", default: false },
    gcs: { type: "boolean", default: false },
    azure: { type: "boolean", default: false },
    "kubernetes-plugin": { type: "boolean", default: false },
  },
});

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interruption.abort());

try {
  const sandbox = await startSandbox({
    clusters: values.clusters.split(",").map((name) => ({ name, node: values.node })),
    gcs: values.gcs,
    azure: values.azure,
    kubernetesPlugin: values["kubernetes-plugin"],
    signal: interruption.signal,
  });
  console.log(describe(sandbox, await prepare(sandbox)));
  await interrupted(interruption.signal);
  console.log("\nEnding the sandbox.");
  await sandbox.stop();
} catch (error) {
  if (!interruption.signal.aborted) {
    console.error(error instanceof SandboxUnavailable ? `${error.name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/** A bucket, and in the first cluster a namespace with something in it: all that the README's program needs. */
async function prepare(sandbox: Sandbox): Promise<string[]> {
  const [cluster] = Object.values(sandbox.clusters);
  if (cluster === undefined) return [];
  const [bucket] = await Promise.all([
    sandbox.minio.createBucket("backups"),
    seedNamespace(cluster, "shop", { objects: 12 }),
  ]);
  return readmeSettings(sandbox, cluster, { bucket, namespace: "shop" });
}

function describe({ clusters, minio, gcs, azure, dir }: Sandbox, settings: string[]): string {
  const paragraphs = [
    "The sandbox is up. Ctrl-C ends it and removes everything.",
    ...Object.values(clusters).map(
      ({ name, server, kubeconfigPath, velero }) => `Cluster ${name}
  API server   ${server}
  kubeconfig   export KUBECONFIG=${kubeconfigPath}
  Velero log   ${velero.logPath}`,
    ),
    `MinIO
  endpoint     ${minio.endpoint}
  access key   ${minio.accessKey}
  secret key   ${minio.secretKey}
  region       ${minio.region}`,
  ];
  if (gcs) {
    paragraphs.push(`Google Cloud Storage (fake-gcs-server)
  endpoint     ${gcs.endpoint}
  for Velero   storeEndpoint: ${gcs.storeEndpoint}
  key          ${gcs.serviceAccountKeyPath}`);
  }
  if (azure) {
    paragraphs.push(`Azure Blob Storage (Azurite)
  endpoint     ${azure.endpoint}
  account      ${azure.account}
  key          ${azure.key}`);
  }
  paragraphs.push(
    `For the program of the README, in its folder, once its stack is there\n${settings.map((line) => `  ${line}`).join("\n")}`,
    `Data and logs  ${dir}`,
  );
  return `\n${paragraphs.join("\n\n")}\n`;
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => undefined, 60_000);
    signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      resolve();
    });
  });
}
