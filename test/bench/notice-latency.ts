import { ProgramFolder } from "../engine/program-folder.ts";
import type { PropertyMap } from "../engine/provider-host.ts";
import { ProviderHost } from "../engine/provider-host.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { watchBackups } from "./watch-backups.ts";

type NoticeLatency = Statistics & { milliseconds: number[]; method: string };

/**
 * From the moment in which the API tells a Backup's last phase to the provider's answer. The phase is seen by a watch
 * of this process, on a connection of its own; the answer is that of Pulumi's real provider process over gRPC. In
 * between lie the provider's own watch, its look at the backup's volumes in the store, and the write that settles it.
 */
export async function measureNoticeLatency(
  backups: number,
  progress: (line: string) => void,
): Promise<NoticeLatency> {
  const sandbox = await startSandbox({ clusters: ["east"] });
  const folder = new ProgramFolder({ files: { "index.js": "" } }, "bench");
  const host = new ProviderHost({
    programDirectory: folder.directory,
    project: "bench",
    env: process.env,
    onLine: (line) => progress(`provider: ${line}`),
  });
  try {
    const milliseconds = await measure(sandbox, host, backups, progress);
    return {
      ...statisticsOf(milliseconds),
      milliseconds: milliseconds.map(Math.round),
      method:
        "terminal phase seen by an independent watch of the API → create's answer from Pulumi's real provider process; " +
        "one backup after another on the sandbox, with a look at its volumes in the store",
    };
  } finally {
    await host.stop();
    folder.dispose();
    await sandbox.stop();
  }
}

async function measure(
  sandbox: Sandbox,
  host: ProviderHost,
  count: number,
  progress: (line: string) => void,
): Promise<number[]> {
  const east = sandbox.cluster("east");
  const namespace = await createNamespace(east, "bench");
  await seedNamespace(east, namespace, { objects: 12 });
  const bucket = await sandbox.minio.createBucket("bench");
  const { accessKey: accessKeyId, secretKey: secretAccessKey, endpoint } = sandbox.minio;
  const storage = { minio: { bucket, endpoint, credentials: { static: { accessKeyId, secretAccessKey } } } };
  const reach = { cluster: "east", connection: { kubeconfig: east.kubeconfig }, storage };
  const location = await make(host, "ClusterLocation", "bench-east", {
    ...reach,
    location: "bench",
    namespace: "velero",
  });

  const { owner, lineage, locationName, namespace: velero, storePrefix } = location;
  const watch = watchBackups(east);
  const milliseconds: number[] = [];
  try {
    for (let number = 1; number <= count; number++) {
      const backup = await make(host, "ClusterBackup", `bench-${number}`, {
        ...reach,
        location: { owner, lineage, locationName, namespace: velero, storePrefix } as PropertyMap,
        includedNamespaces: [namespace],
        ttl: "1h",
      });
      const returned = performance.now();
      milliseconds.push(returned - (await watch.endOf(String(backup["backupName"]))));
      progress(`notice latency: ${number} of ${count}: ${milliseconds.at(-1)?.toFixed(1)} ms`);
    }
  } finally {
    watch.stop();
  }
  return milliseconds;
}

/** Checks and creates, as the engine does it. */
async function make(
  host: ProviderHost,
  kind: string,
  name: string,
  inputs: PropertyMap,
): Promise<PropertyMap> {
  const urn = `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/velero:${kind}::${name}`;
  const code = `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`;
  const news = { ...inputs, owner: urn, lineage: "00000000000000a1", __provider: code };
  const checked = await host.check({ urn, olds: {}, news });
  if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("\n"));
  return (await host.create({ urn, inputs: checked.inputs })).outputs;
}
