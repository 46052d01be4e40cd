import type { Dispatcher } from "undici";
import type { ClusterLabel, Connection } from "./connection.ts";
import { Problem } from "../errors.ts";
import { noCredentials, readAnswer, unreachable } from "./answers.ts";
import { chooseProxy } from "./choose-proxy.ts";
import { isConflict, isTransient, isUnavailable, KubernetesError } from "./kubernetes-error.ts";
import { loadKubeconfig } from "./load-kubeconfig.ts";
import type { KubernetesObject, ResourceType } from "./resources.ts";

/** The few calls on a cluster that this project makes. Absence is a value; everything else throws a KubernetesError. */
export interface KubernetesClient {
  readonly label: ClusterLabel;
  /** URL of the API server, for messages. */
  readonly server: string;
  get<T extends KubernetesObject>(target: Target): Promise<T | undefined>;
  /** Reads an API document by its path: `/apis`. Fails at once for a group whose own server does not answer. */
  read(path: string): Promise<unknown>;
  list<T extends KubernetesObject>(scope: Scope): Promise<Listing<T>>;
  create<T extends KubernetesObject>(type: ResourceType, object: KubernetesObject): Promise<T>;
  /** JSON merge patch: null removes a key. Undefined where the object is gone. */
  patch<T extends KubernetesObject>(target: Target, change: object): Promise<T | undefined>;
  /** Tells whether it was deleted. With `only`, that very object alone, and in that very state. */
  delete(target: Target, only?: Exactly): Promise<boolean>;
  /** Follows a listing until the connection ends; resolves then, for the caller to list again. */
  watch<T extends KubernetesObject>(
    scope: Scope & { resourceVersion: string },
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends its connections. Nothing is asked after that. */
  close(): void;
}

export interface Target {
  type: ResourceType;
  name: string;
  namespace?: string;
}

export interface Exactly {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

export interface Scope {
  type: ResourceType;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Leaves out specs and statuses: those of definitions are megabytes. */
  metadataOnly?: true;
}

export interface Listing<T> {
  items: T[];
  resourceVersion: string;
}

export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** One try may take this long, all tries of a request together `PATIENCE_MS`. */
const REQUEST_MS = 10_000;
const PATIENCE_MS = 12_000;

/** The optional parts of a request. */
interface Contents {
  body?: object;
  contentType?: string;
  accept?: string;
}

const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/** Opens a connection. Nothing is sent before the first call. */
export async function connect(
  connection: Connection<string>,
  label: ClusterLabel,
): Promise<KubernetesClient> {
  const [k8s, { fetch, Agent }, { default: retry }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("undici"),
    import("p-retry"),
  ]);
  const config = await loadKubeconfig(connection, label);
  const proxy = chooseProxy(config, label);
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
  let dispatcher: Dispatcher | undefined;

  async function send(
    limit: number,
    method: string,
    path: string,
    { body, contentType = "application/json", accept = "application/json" }: Contents,
  ) {
    const context = new k8s.RequestContext(server + path, k8s.HttpMethod.GET);
    await config.applySecurityAuthentication(context).catch((error: unknown) => {
      throw noCredentials(label, error);
    });
    // client-node makes a new agent for every request, or none; one agent keeps its connections open.
    dispatcher ??= context.getDispatcher() ?? new Agent();
    const response = await fetch(server + path, {
      method,
      headers: {
        ...context.getHeaders(),
        accept,
        ...(body ? { "content-type": contentType } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      dispatcher,
      signal: AbortSignal.timeout(limit),
    });
    return { status: response.status, text: await response.text() };
  }

  /** Every verb may be repeated: names are chosen by us, so a create that was lost on the way back is a conflict. */
  async function request(
    method: string,
    path: string,
    contents: Contents = {},
    isWorthATry = isTransient,
  ): Promise<unknown> {
    const since = Date.now();
    let isAnswerLost = false;
    return retry(
      async () => {
        const limit = Math.min(REQUEST_MS, Math.max(1, since + PATIENCE_MS - Date.now()));
        const answer = await send(limit, method, path, contents).catch((error: unknown) => {
          if (error instanceof Problem) throw error;
          isAnswerLost = true;
          throw unreachable({ label, server, proxy }, error);
        });
        // An earlier try has deleted it.
        if (method === "DELETE" && answer.status === 404 && isAnswerLost) return {};
        return readAnswer(label, `${method} ${path}`, answer);
      },
      {
        retries: 4,
        minTimeout: 250,
        randomize: true,
        shouldRetry: ({ error }) => isWorthATry(error) && Date.now() - since < PATIENCE_MS,
      },
    );
  }

  const absentIsUndefined = (error: unknown): undefined => {
    if (error instanceof KubernetesError && error.reason === "NotFound") return undefined;
    throw error;
  };

  return {
    label,
    server,
    get: async <T>(target: Target) =>
      (await request("GET", pathOf(target)).catch(absentIsUndefined)) as T | undefined,
    read: (path) => request("GET", path, {}, (error) => isTransient(error) && !isUnavailable(error)),
    list: async <T>(scope: Scope) => {
      const accept = scope.metadataOnly ? { accept: METADATA_ONLY } : {};
      const answer = (await request("GET", pathOf(scope) + queryOf(scope), accept)) as {
        items: T[];
        metadata: { resourceVersion: string };
      };
      return { items: answer.items, resourceVersion: answer.metadata.resourceVersion };
    },
    create: async <T>(type: ResourceType, object: KubernetesObject) => {
      const { namespace } = object.metadata;
      const typed = { apiVersion: type.apiVersion, kind: type.kind, ...object };
      return (await request("POST", pathOf({ type, ...(namespace ? { namespace } : {}) }), {
        body: typed,
      })) as T;
    },
    patch: async <T>(target: Target, change: object) =>
      (await request("PATCH", pathOf(target), {
        body: change,
        contentType: "application/merge-patch+json",
      }).catch(absentIsUndefined)) as T | undefined,
    delete: async (target, only = {}) => {
      const { uid, resourceVersion } = only;
      const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
      const body = uid ? { preconditions } : {};
      // A conflict here is another object under the same name, or another state of it than was meant.
      const gone = (error: unknown) => (uid && isConflict(error) ? undefined : absentIsUndefined(error));
      return (await request("DELETE", pathOf(target), { body }).catch(gone)) !== undefined;
    },
    watch: (scope, onEvent, signal) =>
      new Promise((resolve, reject) => {
        const { resourceVersion } = scope;
        const query = { ...selectorsOf(scope), resourceVersion, allowWatchBookmarks: true };
        const watching = new k8s.Watch(config).watch(
          pathOf(scope),
          query,
          (type, object: unknown) => onEvent({ type, object } as WatchEvent<never>),
          () => resolve(),
        );
        const stop = () => {
          watching.then((controller) => controller.abort(), reject);
          resolve();
        };
        if (signal.aborted) stop();
        else signal.addEventListener("abort", stop, { once: true });
        watching.catch(reject);
      }),
    close: () => void dispatcher?.destroy().catch(() => undefined),
  };
}

function pathOf({
  type,
  namespace,
  name,
}: {
  type: ResourceType;
  namespace?: string;
  name?: string;
}): string {
  const group = type.apiVersion.includes("/") ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${group}${within}/${type.plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}

function selectorsOf({ labelSelector, fieldSelector }: Scope): Record<string, string> {
  return { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) };
}

function queryOf(scope: Scope): string {
  const query = new URLSearchParams(selectorsOf(scope)).toString();
  return query ? `?${query}` : "";
}
