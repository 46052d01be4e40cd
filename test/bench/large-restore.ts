import { readFileSync } from "node:fs";
import { ProgramFolder } from "../engine/program-folder.ts";
import type { PropertyMap } from "../engine/provider-host.ts";
import { ProviderHost } from "../engine/provider-host.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { round } from "./statistics.ts";
import { watchBackups } from "./watch-backups.ts";

const BATCH = 50;

interface LargeRestore {
  objects: number;
  /** A preview's check of a new Restore: its plan, and all that it takes. */
  planSeconds: number;
  rounds: Round[];
  memory: Memory;
  method: string;
}

interface Round {
  verify: boolean;
  /** From the create's call to its answer. */
  seconds: number;
  /** From the moment in which the API tells of the Restore to that of its last phase. */
  restoreSeconds: number;
  restored: number;
  objectsPerSecond: number;
  /** Until the Restore is begun: to find the backup, read what it holds, and look at the target. */
  beforeMs: number;
  /** Since it has ended: to judge it, to verify it where that is asked for, and to settle it. */
  afterMs: number;
  /** Both over the restore itself. */
  overheadRatio: number;
}

/** Of the provider's process, where the machine tells. */
interface Memory {
  beforeMb: number;
  peakMb: number;
  ratio: number;
}

/** A Restore of a namespace with many small objects, by the sandbox's real Velero, as it is and verified. */
export async function measureLargeRestore(
  objects: number,
  progress: (line: string) => void,
): Promise<LargeRestore> {
  const sandbox = await startSandbox({ clusters: ["east"] });
  const folder = new ProgramFolder({ files: { "index.js": "" } }, "restored");
  const host = new ProviderHost({
    programDirectory: folder.directory,
    project: "restored",
    env: process.env,
    onLine: (line) => progress(`provider: ${line}`),
  });
  try {
    return {
      objects,
      ...(await measure(sandbox, host, { objects, progress })),
      method:
        "ConfigMaps and Secrets in equal parts, one namespace, restored into others of the same cluster; check and create in " +
        "Pulumi's real provider process; the Restore's begin and its last phase seen by an independent watch of the API; " +
        "memory by Linux' account of that process, before the first Restore and at its highest",
    };
  } finally {
    await host.stop();
    folder.dispose();
    await sandbox.stop();
  }
}

interface Load {
  objects: number;
  progress: (line: string) => void;
}

async function measure(
  sandbox: Sandbox,
  host: ProviderHost,
  { objects, progress }: Load,
): Promise<Pick<LargeRestore, "planSeconds" | "rounds" | "memory">> {
  const east = sandbox.cluster("east");
  const namespace = await createNamespace(east, "large");
  await seed(east, namespace, { objects, progress });
  const bucket = await sandbox.minio.createBucket("bench");
  const { accessKey: accessKeyId, secretKey: secretAccessKey, endpoint } = sandbox.minio;
  const storage = { minio: { bucket, endpoint, credentials: { static: { accessKeyId, secretAccessKey } } } };
  const connection = { kubeconfig: east.kubeconfig };
  const { outputs } = await create(host, "ClusterLocation", "large-east", {
    cluster: "east",
    connection,
    storage,
    location: "large",
    namespace: "velero",
  });
  const { owner, lineage, locationName, namespace: velero, storePrefix } = outputs;
  const location = { owner, lineage, locationName, namespace: velero, storePrefix } as PropertyMap;
  const backup = await create(host, "ClusterBackup", "large", {
    cluster: "east",
    connection,
    storage,
    location,
    includedNamespaces: [namespace],
    volumes: "none",
    ttl: "1h",
  });
  const restoreInto = (into: string, more: PropertyMap = {}): PropertyMap => ({
    source: { backupName: backup.outputs["backupName"] as string },
    targets: {
      east: { cluster: "east", location, sees: locationName as string, connection, source: {} },
    },
    storage,
    namespaceMapping: { "*": `*-${into}` },
    ...more,
  });

  const beforeMb = memoryOf(host.pid, "VmRSS");
  const planned = await check(host, "Restore", "planned", { ...restoreInto("planned"), dryRun: true });
  progress(`restore of ${objects} objects: planned in ${round(planned.milliseconds / 1_000)} s`);
  const rounds: Round[] = [];
  for (const verify of [false, true]) {
    const name = verify ? "verified" : "plain";
    rounds.push(await timeOne(host, east, { name, verify, inputs: restoreInto(name, { verify }) }));
    progress(`restore of ${objects} objects, ${name}: ${rounds.at(-1)?.seconds} s`);
  }
  const peakMb = memoryOf(host.pid, "VmHWM");
  return {
    planSeconds: round(planned.milliseconds / 1_000),
    rounds,
    memory: { beforeMb, peakMb, ratio: round(peakMb / beforeMb) },
  };
}

async function timeOne(
  host: ProviderHost,
  cluster: SandboxCluster,
  { name, verify, inputs }: { name: string; verify: boolean; inputs: PropertyMap },
): Promise<Round> {
  const watch = watchBackups(cluster, "restores");
  try {
    const called = performance.now();
    const { outputs } = await create(host, "Restore", name, inputs);
    const answered = performance.now();
    const { restoreName, created } = outputs;
    const [begun, ended] = [watch.beginOf(String(restoreName)), await watch.endOf(String(restoreName))];
    const [whole, restore] = [answered - called, ended - begun];
    return {
      verify,
      seconds: round(whole / 1_000),
      restoreSeconds: round(restore / 1_000),
      restored: Number(created),
      objectsPerSecond: round(Number(created) / (restore / 1_000)),
      beforeMs: round(begun - called),
      afterMs: round(answered - ended),
      overheadRatio: round((whole - restore) / restore),
    };
  } finally {
    watch.stop();
  }
}

/** Megabytes; NaN where the machine has no such account. */
function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return round(Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1_024);
  } catch {
    return Number.NaN;
  }
}

async function seed(
  { kubernetes }: SandboxCluster,
  namespace: string,
  { objects, progress }: Load,
): Promise<void> {
  const make = (index: number): Promise<unknown> => {
    const head = { apiVersion: "v1", metadata: { name: `object-${index}` } };
    return index % 2 === 0
      ? kubernetes.create(`/api/v1/namespaces/${namespace}/configmaps`, {
          ...head,
          kind: "ConfigMap",
          data: { greeting: `hello from ${index}` },
        })
      : kubernetes.create(`/api/v1/namespaces/${namespace}/secrets`, {
          ...head,
          kind: "Secret",
          stringData: { password: `secret of ${index}` },
        });
  };
  for (let start = 0; start < objects; start += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, objects - start) }, (_, index) => make(start + index));
    await Promise.all(batch);
    if ((start + BATCH) % 1_000 === 0) progress(`restore of ${objects} objects: ${start + BATCH} made`);
  }
}

/** As the engine does it; `dryRun` among the inputs makes it a preview's. */
async function check(
  host: ProviderHost,
  kind: string,
  name: string,
  inputs: PropertyMap,
): Promise<{ urn: string; inputs: PropertyMap; milliseconds: number }> {
  const urn = `urn:pulumi:bench::bench::pulumi-nodejs:dynamic/velero:${kind}::${name}`;
  const code = `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`;
  const begun = performance.now();
  const news = { ...inputs, owner: urn, lineage: "00000000000000a1", __provider: code };
  const checked = await host.check({ urn, olds: {}, news });
  if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("\n"));
  return { urn, inputs: checked.inputs, milliseconds: performance.now() - begun };
}

async function create(
  host: ProviderHost,
  kind: string,
  name: string,
  inputs: PropertyMap,
): Promise<{ outputs: PropertyMap }> {
  const checked = await check(host, kind, name, inputs);
  return host.create({ urn: checked.urn, inputs: checked.inputs });
}
