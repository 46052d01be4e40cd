import { createUnderRandomName, type KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { deployments, type KubernetesObject, serverStatusRequests } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";

interface ServerStatusRequest extends KubernetesObject {
  spec: object;
  status?: { phase?: string; serverVersion?: string };
}

/** The answer of Velero's server to a ServerStatusRequest. */
interface ServerStatus {
  /** `v1.18.3`. */
  version?: string | undefined;
}

/** Within this time, a restarting server is back and answers earlier requests. */
const ANSWER_MS = 45_000;

/**
 * Asks Velero's server for its status. The server answers at once, even if it is busy. Some credentials may not ask.
 */
export async function askVelero(
  client: KubernetesClient,
  namespace: string,
): Promise<ServerStatus | "silent" | "forbidden"> {
  const request = { metadata: { namespace }, spec: {} };
  const name = await createUnderRandomName<ServerStatusRequest>(
    client,
    serverStatusRequests,
    "pulumi-velero",
    request,
  ).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (name === undefined) return "forbidden";
  const target = { type: serverStatusRequests, name, namespace };
  try {
    return await waitFor<ServerStatusRequest, ServerStatus>(
      client,
      target,
      // Velero deletes the request a minute after its answer.
      (live) =>
        live?.status?.phase === "Processed" || !live ? { version: live?.status?.serverVersion } : undefined,
      { deadline: { name: "", signal: AbortSignal.timeout(ANSWER_MS) }, what: "", todo: "" },
    );
  } catch (error) {
    if (error instanceof WaitTimeout) return "silent";
    throw error;
  } finally {
    await client.delete(target).catch(() => undefined);
  }
}

/** This lasts for a refresh of hundreds of resources. Otherwise each of them would wait for a dead Velero. */
const ANSWER_FRESH_MS = 60_000;

type ServerAnswer = "answered" | "silent" | "forbidden";

/**
 * Returns whether Velero's server in that namespace answers. Resources that are read at the same time share one
 * request.
 */
export const serverAnswer = (client: KubernetesClient, namespace: string): Promise<ServerAnswer> =>
  client.answers.ask(`server ${namespace}`, ANSWER_FRESH_MS, async () => {
    const said = await askVelero(client, namespace);
    return typeof said === "object" ? "answered" : said;
  });

/**
 * Returns the version of the Velero in that namespace, such as `v1.18.3`. A process asks once. Undefined means that the
 * version is not known. It does not mean an old version, and it is not cached.
 */
export async function serverVersion(
  client: KubernetesClient,
  namespace: string,
): Promise<string | undefined> {
  const key = `version ${namespace}`;
  const asked = client.answers.ask(key, Number.POSITIVE_INFINITY, () => ask(client, namespace));
  const version = await asked.catch(() => undefined);
  if (version === undefined) client.answers.forget(key);
  return version;
}

async function ask(client: KubernetesClient, namespace: string): Promise<string | undefined> {
  const status = await askVelero(client, namespace);
  return typeof status === "object" ? status.version : undefined;
}

/** The Deployment of Velero's server, as far as its settings are read. */
export interface ServerDeployment extends KubernetesObject {
  spec?: { replicas?: number; template?: { spec?: { containers?: ServerContainer[] } } };
}

export interface ServerContainer {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: object }[];
  envFrom?: object[];
  volumeMounts?: { mountPath: string }[];
}

/** Returns Velero's Deployment. Returns undefined if Velero was installed under another name. */
export const getServerDeployment = (
  client: KubernetesClient,
  namespace: string,
): Promise<ServerDeployment | undefined> =>
  client.get<ServerDeployment>({ type: deployments, name: "velero", namespace });

export const serverContainer = ({ spec }: ServerDeployment): ServerContainer | undefined =>
  (spec?.template?.spec?.containers ?? []).find(({ name }) => name === "velero");

/**
 * Returns true if a server is older than `since` (`1.18`, `1.18.3`). A version without numbers (`main`, a fork's) does
 * not count as older.
 */
export function isOlder(version: string | undefined, since: string): boolean {
  const has = numbersOf(version ?? "");
  if (!has) return false;
  const wanted = numbersOf(since) ?? [];
  const differing = wanted.findIndex((number, index) => number !== (has[index] ?? 0));
  return differing >= 0 && (has[differing] ?? 0) < (wanted[differing] ?? 0);
}

function numbersOf(version: string): number[] | undefined {
  const [, numbers] = /^v?(\d+\.\d+(?:\.\d+)?)/.exec(version) ?? [];
  return numbers?.split(".").map(Number);
}

/** Velero's own plugins, by the provider of a BackupStorageLocation. */
const images: Record<string, string> = {
  aws: "velero/velero-plugin-for-aws",
  gcp: "velero/velero-plugin-for-gcp",
  azure: "velero/velero-plugin-for-microsoft-azure",
};

/** Returns true if Velero has no plugin for the location. Only a restart of Velero can change that. */
export const isPluginMissing = (message: string | undefined): boolean =>
  /unable to locate ObjectStore plugin/i.test(message ?? "");

/** Returns the image of the provider's plugin. */
export const pluginImage = (provider: string): string => images[provider] ?? `the plugin for ${provider}`;

/**
 * Returns true if a location's message says that Velero could not connect to the store, in the words of Go's network
 * packages. A refusal by the store, or bad content, does not count.
 */
export const cannotReachStore = (message: string | undefined): boolean =>
  /\bdial tcp\b|connection (refused|reset)|no such host|i\/o timeout|network is unreachable|no route to host|context deadline exceeded|Client\.Timeout|TLS handshake timeout|\bEOF\b/.test(
    message ?? "",
  );
