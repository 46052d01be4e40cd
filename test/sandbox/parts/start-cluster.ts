import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import { KubernetesClient } from "../kubernetes-client.ts";
import type { ClusterOptions } from "../options.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { kubeconfigOf } from "./kubeconfig-of.ts";
import { type Place, thisMachine } from "./place.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";

interface Flags {
  api: string[];
  controllers: string[];
}

/** Without a node: the two controllers without which deleted things stay, and nobody who makes service accounts. */
const withoutNode: Flags = {
  api: ["--bind-address=127.0.0.1", "--disable-admission-plugins=ServiceAccount"],
  controllers: ["--controllers=namespace-controller,garbage-collector-controller"],
};

/** With a node: all controllers, and a port that pods know as 10.96.0.1:443, the address of the Service `kubernetes`. */
const withNode = (dir: string): Flags => ({
  api: ["--bind-address=0.0.0.0", "--kubelet-preferred-address-types=InternalIP"],
  controllers: [
    `--service-account-private-key-file=${serviceAccountKey(dir)}`,
    `--root-ca-file=${join(certificates(dir), "apiserver.crt")}`,
  ],
});

/** A Kubernetes API server of its own, and controllers. */
export async function startCluster(
  site: Site,
  etcd: string,
  options: ClusterOptions,
  place: Place = thisMachine,
): Promise<ClusterDescription> {
  const { name } = options;
  const { binaries, supervisor, signal } = site;
  const dir = join(site.dir, name);
  await mkdir(join(dir, "tmp"), { recursive: true });

  const token = randomBytes(16).toString("hex");
  const port = options.node ? 443 : await freePort();
  const server = `https://${place.address}:${port}`;
  const flags = options.node ? withNode(dir) : withoutNode;
  const api = {
    command: binaries["kube-apiserver"],
    args: [
      ...(await apiServerFlags(dir, name, etcd, token)),
      ...flags.api,
      `--secure-port=${port}`,
      // Else it looks for an address of this machine in a network, which a laptop on a train does not have.
      `--advertise-address=${place.address}`,
    ],
    env: cleanEnvironment(dir),
  };
  await supervisor.start(processNames.api(name), place.within(api));

  const certificateAuthority = await waitForApi(supervisor, { name, server, token }, dir, signal);
  const kubeconfig = kubeconfigOf({ name, server, token, certificateAuthority });
  const kubeconfigPath = join(dir, "kubeconfig.yaml");
  await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });

  const controllers = {
    command: binaries["kube-controller-manager"],
    args: [`--kubeconfig=${kubeconfigPath}`, ...flags.controllers, "--leader-elect=false", "--secure-port=0"],
    env: cleanEnvironment(dir),
  };
  await supervisor.start(processNames.controllers(name), place.within(controllers));

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

async function apiServerFlags(dir: string, name: string, etcd: string, token: string): Promise<string[]> {
  const tokens = join(dir, "tokens.csv");
  await writeFile(tokens, `${token},sandbox-admin,sandbox-admin,"system:masters"\n`, { mode: 0o600 });

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = serviceAccountKey(dir);
  await writeFile(key, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });

  return [
    `--etcd-servers=${etcd}`,
    `--etcd-prefix=/${name}`,
    "--endpoint-reconciler-type=none",
    `--cert-dir=${certificates(dir)}`,
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    "--service-account-issuer=https://sandbox.invalid",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
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

function serviceAccountKey(dir: string): string {
  return join(dir, "service-account.key");
}
