import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { rbac } from "../../sdk/index.ts";
import { ensureBinaries } from "../sandbox/build/ensure-binaries.ts";
import { freePort } from "../sandbox/free-port.ts";
import { cleanEnvironment } from "../sandbox/parts/processes.ts";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { bindRole, untilInForce } from "./bind-role.ts";

const ACCOUNT = "velero-server";

/** A Velero that is no cluster admin, in a namespace of its own. */
export interface LimitedVelero {
  namespace: string;
  /** Gives it these rights from now on, in place of those that it had. */
  allow(role: rbac.ClusterRoleManifest): Promise<void>;
}

interface Settings {
  /** @default one that is made for it */
  namespace?: string;
  /** The server's environment, which its Deployment says, too. */
  env?: Record<string, string>;
}

/**
 * Beside the cluster's own Velero another one, until the test ends: with these rights, and in its namespace all, as
 * Helm's chart has it.
 */
export async function veleroWith(
  sandbox: Sandbox,
  cluster: SandboxCluster,
  role: rbac.ClusterRoleManifest,
  { namespace: named, env = {} }: Settings = {},
): Promise<LimitedVelero> {
  const { kubernetes } = cluster;
  const namespace = named ?? (await createNamespace(cluster, "velero"));
  if (named !== undefined) await seedNamespace(cluster, namespace, { objects: 0 });
  const place = `/namespaces/${namespace}`;
  const metadata = { name: ACCOUNT };
  await kubernetes.create(`/api/v1${place}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata,
  });
  const everything = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
  const account = { name: ACCOUNT, namespace };
  await bindRole(kubernetes, { kind: "Role", name: ACCOUNT, rules: everything, account });
  await bindRole(kubernetes, { kind: "ClusterRole", name: namespace, rules: role.rules, account });
  await createDeployment(cluster, namespace, env);
  await startServer(sandbox, cluster, namespace, env);
  return {
    namespace,
    allow: async ({ rules }) => {
      await kubernetes.patch(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${namespace}`, { rules });
      await untilInForce(kubernetes, { kind: "ClusterRole", name: namespace, rules, account });
    },
  };
}

/** A restore looks at Velero's own. */
async function createDeployment(
  { kubernetes }: SandboxCluster,
  namespace: string,
  env: Record<string, string>,
): Promise<void> {
  const live = await kubernetes.get("/apis/apps/v1/namespaces/velero/deployments/velero");
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const containers = [{ name: "velero", image: "velero/velero:v1.18.3", env: variables }];
  const template = { metadata: { labels: { component: "velero" } }, spec: { containers } };
  await kubernetes.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "velero", labels: { component: "velero" } },
    spec: { ...live?.spec, template },
  });
}

async function startServer(
  sandbox: Sandbox,
  cluster: SandboxCluster,
  namespace: string,
  further: Record<string, string>,
): Promise<void> {
  const { velero } = await ensureBinaries((name) => Promise.reject(new Error(`${name} is not built`)));
  const folder = await mkdtemp(path.join(sandbox.dir, "limited-"));
  const kubeconfig = path.join(folder, "kubeconfig");
  await writeFile(kubeconfig, cluster.kubeconfig.replace(cluster.token, await tokenIn(cluster, namespace)));
  const server = spawn(
    velero,
    [
      "server",
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--plugin-dir=${path.join(sandbox.dir, cluster.name, "plugins")}`,
      `--metrics-address=127.0.0.1:${await freePort()}`,
      "--profiler-address=",
      "--store-validation-frequency=5s",
    ],
    {
      env: cleanEnvironment(folder, { TMPDIR: folder, AWS_EC2_METADATA_DISABLED: "true", ...further }),
      stdio: "pipe",
    },
  );
  const log = createWriteStream(path.join(sandbox.dir, "logs", `velero-${namespace}.log`));
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  onTestFinished(async () => {
    const ended = server.exitCode === null ? once(server, "exit") : undefined;
    server.kill("SIGKILL");
    await ended;
    log.end();
    await rm(folder, { recursive: true, force: true });
  });
  await untilItAnswers(cluster, namespace);
}

async function tokenIn({ kubernetes }: SandboxCluster, namespace: string): Promise<string> {
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${ACCOUNT}`;
  const { status } = await kubernetes.create(`${account}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: ACCOUNT },
    spec: { expirationSeconds: 3_600 },
  });
  return String(status?.["token"]);
}

async function untilItAnswers({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const collection = `/apis/velero.io/v1/namespaces/${namespace}/serverstatusrequests`;
  await kubernetes.create(collection, {
    apiVersion: "velero.io/v1",
    kind: "ServerStatusRequest",
    metadata: { name: "is-it-there" },
    spec: {},
  });
  await waitUntil("the limited Velero answers", async () => {
    const request = await kubernetes.get(`${collection}/is-it-there`);
    return request?.status?.["phase"] === "Processed" || undefined;
  });
}
