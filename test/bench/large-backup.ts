import type { PropertyMap } from "../engine/provider-host.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { watchNew } from "../scenarios/fifty/watch-new.ts";
import { type Host, startHost } from "../scenarios/fifty/workspace-in-host.ts";
import { round } from "./statistics.ts";
import { watchBackups } from "./watch-backups.ts";

const BATCH = 50;

interface LargeBackup {
  objects: number;
  rounds: Round[];
  method: string;
}

interface Round {
  /** From the create's call to its answer. */
  seconds: number;
  /** From start to completion, in the whole seconds that Velero writes. */
  veleroSeconds: number;
  /** From the moment in which the API tells of the Backup to that of its last phase. */
  backupSeconds: number;
  items: number;
  objectsPerSecond: number;
  /** What the create takes more than the backup itself. */
  overheadMs: number;
  overheadRatio: number;
}

/** A ClusterBackup of a namespace with many small objects, by the sandbox's real Velero. */
export async function measureLargeBackup(
  objects: number,
  rounds: number,
  progress: (line: string) => void,
): Promise<LargeBackup> {
  const sandbox = await startSandbox({ clusters: ["east"] });
  const host = startHost((line) => progress(`provider: ${line}`));
  try {
    return {
      objects,
      rounds: await measure(sandbox, host, { objects, rounds, progress }),
      method:
        "ConfigMaps and Secrets in equal parts, one namespace; check and create in Pulumi's real provider process, the " +
        "Backup's first and last phase seen by independent watches of the API; the look at its volumes in the store included",
    };
  } finally {
    await host.stop();
    await sandbox.stop();
  }
}

interface Load {
  objects: number;
  rounds: number;
  progress: (line: string) => void;
}

async function measure(sandbox: Sandbox, host: Host, { objects, rounds, progress }: Load): Promise<Round[]> {
  const east = sandbox.cluster("east");
  const namespace = await createNamespace(east, "large");
  await seed(east, namespace, objects, progress);
  const bucket = await sandbox.minio.createBucket("bench");
  const { accessKey: accessKeyId, secretKey: secretAccessKey, endpoint } = sandbox.minio;
  const storage = { minio: { bucket, endpoint, credentials: { static: { accessKeyId, secretAccessKey } } } };
  const reach = { cluster: "east", connection: { kubeconfig: east.kubeconfig }, storage };
  const location = await host.create("ClusterLocation", "large-east", {
    ...reach,
    location: "large",
    namespace: "velero",
  });
  const { owner, lineage, locationName, namespace: velero, storePrefix } = location;
  const inputs = {
    ...reach,
    location: { owner, lineage, locationName, namespace: velero, storePrefix } as PropertyMap,
    includedNamespaces: [namespace],
    ttl: "1h",
  };

  const results: Round[] = [];
  for (let number = 1; number <= rounds; number++) {
    results.push(await timeOne(host, east, `large-${number}`, inputs));
    progress(`backup of ${objects} objects: ${number} of ${rounds}: ${results.at(-1)?.seconds} s`);
  }
  return results;
}

async function timeOne(
  host: Host,
  cluster: SandboxCluster,
  name: string,
  inputs: PropertyMap,
): Promise<Round> {
  const seen = new Map<string, number>();
  const news = watchNew(cluster, "backups", ({ metadata }) => seen.set(metadata.name, performance.now()));
  const ends = watchBackups(cluster);
  try {
    const called = performance.now();
    const { backupName, itemsBackedUp, startTime, completionTime } = await host.create(
      "ClusterBackup",
      name,
      inputs,
    );
    const answered = performance.now();
    const begun = seen.get(String(backupName)) ?? Number.NaN;
    const ended = await ends.endOf(String(backupName));
    const [whole, backup] = [answered - called, ended - begun];
    return {
      seconds: round(whole / 1_000),
      veleroSeconds: (Date.parse(String(completionTime)) - Date.parse(String(startTime))) / 1_000,
      backupSeconds: round(backup / 1_000),
      items: Number(itemsBackedUp),
      objectsPerSecond: round(Number(itemsBackedUp) / (whole / 1_000)),
      overheadMs: round(whole - backup),
      overheadRatio: round((whole - backup) / backup),
    };
  } finally {
    news.stop();
    ends.stop();
  }
}

async function seed(
  { kubernetes }: SandboxCluster,
  namespace: string,
  objects: number,
  progress: (line: string) => void,
): Promise<void> {
  const make = (index: number): Promise<unknown> => {
    const head = { apiVersion: "v1", metadata: { name: `object-${index}` } };
    const [plural, object] =
      index % 2 === 0
        ? ["configmaps", { ...head, kind: "ConfigMap", data: { greeting: `hello from ${index}` } }]
        : ["secrets", { ...head, kind: "Secret", stringData: { password: `secret of ${index}` } }];
    return kubernetes.create(`/api/v1/namespaces/${namespace}/${plural}`, object);
  };
  for (let start = 0; start < objects; start += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, objects - start) }, (_, index) => make(start + index));
    await Promise.all(batch);
    if ((start + BATCH) % 1_000 === 0) progress(`backup of ${objects} objects: ${start + BATCH} made`);
  }
}
