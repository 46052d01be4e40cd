import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import { KubernetesClient } from "../kubernetes-client.ts";
import type { ClusterOptions } from "../options.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { kubeconfigOf } from "./kubeconfig-of.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";

/** A Kubernetes API server of its own with the two controllers without which deleted things stay. It has no nodes. */
export async function startCluster(
  site: Site,
  etcd: string,
  options: ClusterOptions,
): Promise<ClusterDescription> {
  const { name } = options;
  const { binaries, supervisor, signal } = site;
  const dir = join(site.dir, name);
  await mkdir(join(dir, "tmp"), { recursive: true });

  const token = randomBytes(16).toString("hex");
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  await supervisor.start(processNames.api(name), {
    command: binaries["kube-apiserver"],
    args: await apiServerFlags(dir, name, etcd, port, token),
    env: cleanEnvironment(dir),
  });

  const certificateAuthority = await waitForApi(supervisor, { name, server, token }, dir, signal);
  const kubeconfig = kubeconfigOf({ name, server, token, certificateAuthority });
  const kubeconfigPath = join(dir, "kubeconfig.yaml");
  await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });

  await supervisor.start(processNames.controllers(name), {
    command: binaries["kube-controller-manager"],
    args: [
      `--kubeconfig=${kubeconfigPath}`,
      "--controllers=namespace-controller,garbage-collector-controller",
      "--leader-elect=false",
      "--secure-port=0",
    ],
    env: cleanEnvironment(dir),
  });

  return {
    name,
    server,
    token,
    certificateAuthority,
    kubeconfig,
    kubeconfigPath,
    veleroNamespace: "velero",
    hasVelero: options.velero ?? true,
  };
}

async function apiServerFlags(
  dir: string,
  name: string,
  etcd: string,
  port: number,
  token: string,
): Promise<string[]> {
  const tokens = join(dir, "tokens.csv");
  await writeFile(tokens, `${token},sandbox-admin,sandbox-admin,"system:masters"\n`, { mode: 0o600 });

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const serviceAccountKey = join(dir, "service-account.key");
  await writeFile(serviceAccountKey, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });

  return [
    `--etcd-servers=${etcd}`,
    `--etcd-prefix=/${name}`,
    "--bind-address=127.0.0.1",
    // Else it looks for an address of this machine in a network, which a laptop on a train does not have.
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--secure-port=${port}`,
    `--cert-dir=${certificates(dir)}`,
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    "--service-account-issuer=https://sandbox.invalid",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
    // Nobody makes the service accounts that it would demand of pods.
    "--disable-admission-plugins=ServiceAccount",
    "--allow-privileged",
  ];
}

/** Waits for the API server and returns the certificate that it has made for itself. */
async function waitForApi(
  supervisor: Supervisor,
  { name, server, token }: Pick<ClusterDescription, "name" | "server" | "token">,
  dir: string,
  signal?: AbortSignal,
): Promise<string> {
  let certificateAuthority = "";
  const isReady = async () => {
    certificateAuthority = await readFile(join(certificates(dir), "apiserver.crt"), "utf8");
    return new KubernetesClient({ server, token, certificateAuthority }).isReady();
  };
  await supervisor.waitUntilReady(processNames.api(name), isReady, signal);
  return certificateAuthority;
}

function certificates(dir: string): string {
  return join(dir, "certificates");
}
