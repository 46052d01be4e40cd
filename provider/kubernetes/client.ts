import { randomBytes } from "node:crypto";
import { Problem } from "../core/errors.ts";
import type { CoreSession } from "../core/session.ts";
import {
  isConflict,
  isTransient,
  isUnavailable,
  KubernetesError,
  readAnswer,
  unreachable,
} from "./kubernetes-error.ts";
import { chooseProxy, openAccess } from "./kubeconfig/open-access.ts";
import type { ClusterLabel, ResolvedConnection } from "./connection.ts";
import { loadKubeconfig } from "./kubeconfig/load-kubeconfig.ts";
import { Plugins } from "./kubeconfig/run-plugin.ts";
import {
  type Page,
  PAGE_SIZES,
  type PageSizes,
  pagesOf,
  PageTooLarge,
  readBody,
  TIME_LIMITS,
  type TimeLimits,
} from "./pages.ts";
import type { KubernetesObject, ObjectMeta, ResourceType } from "./resources.ts";
import { SharedAnswers } from "./discovery.ts";

/**
 * The calls to a cluster that this project makes. A missing object is a value. Every other failure throws a
 * KubernetesError.
 */
export interface KubernetesClient {
  readonly label: ClusterLabel;
  /** The session that opened it. */
  readonly session: CoreSession;
  /** The URL of the API server, for messages. */
  readonly server: string;
  /** The answers that several resources share. */
  readonly answers: SharedAnswers;
  get<T extends KubernetesObject>(target: Target): Promise<T | undefined>;
  /** Reads an API document by its path: `/apis`. Fails at once for a group whose own server does not answer. */
  read(path: string): Promise<unknown>;
  list<T extends KubernetesObject>(scope: Scope): Promise<Listing<T>>;
  /** Reads a list page by page, for lists that may not fit into memory. The connection is free between two pages. */
  pages<T extends KubernetesObject>(scope: Scope): AsyncIterable<Page<T>>;
  create<T extends KubernetesObject>(type: ResourceType, object: KubernetesObject): Promise<T>;
  /** Applies a JSON merge patch: null removes a key. Returns undefined if the object is gone. */
  patch<T extends KubernetesObject>(target: Target, change: object): Promise<T | undefined>;
  /** Returns true if the object was deleted. With `only`, only that exact object in that exact state is deleted. */
  delete(target: Target, only?: Exactly): Promise<boolean>;
  /** Watches a listing until the connection ends. Then it resolves, and the caller lists again. */
  watch<T extends KubernetesObject>(
    scope: Scope & { resourceVersion: string },
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Closes the connections. No call may follow. */
  close(): void;
}

export interface Target {
  type: ResourceType;
  name: string;
  namespace?: string;
}

interface Exactly {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

export interface Scope {
  type: ResourceType;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /**
   * Leaves out specs and statuses: those of definitions are megabytes. An aggregated API may return them nevertheless.
   */
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

/** A request is retried until this time has passed. */
const PATIENCE_MS = 12_000;

/** The optional parts of a request. */
interface Contents {
  body?: object;
  contentType?: string;
  accept?: string;
  /** If the response is larger than this, a smaller page can be requested. */
  mostBytes?: number | undefined;
}

const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/** Opens a connection. Nothing is sent before the first call. */
export async function connect(
  session: CoreSession,
  connection: ResolvedConnection,
  label: ClusterLabel,
  {
    plugins = new Plugins(session.secrets),
    sizes = PAGE_SIZES,
    limits = TIME_LIMITS,
  }: { plugins?: Plugins; sizes?: PageSizes; limits?: TimeLimits } = {},
): Promise<KubernetesClient> {
  const [k8s, { fetch }, { default: retry }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("undici"),
    import("p-retry"),
  ]);
  const chosen = await loadKubeconfig(session, connection, label);
  const { server } = chosen.cluster;
  const proxy = chooseProxy(session.secrets, chosen.cluster, label);
  const access = await openAccess({ secrets: session.secrets, plugins }, chosen, label, proxy?.url.href);

  async function send(
    beginMs: number,
    method: string,
    path: string,
    { body, contentType = "application/json", accept = "application/json", mostBytes }: Contents,
  ) {
    const context = new k8s.RequestContext(server + path, k8s.HttpMethod.GET);
    await access.authenticate(context);
    const dispatcher = context.getDispatcher();
    const options = {
      method,
      headers: {
        ...context.getHeaders(),
        accept,
        ...(body ? { "content-type": contentType } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(dispatcher ? { dispatcher } : {}),
    };
    const begin = (signal: AbortSignal) => fetch(server + path, { ...options, signal });
    return readBody(session.arrivals, begin, limits, { beginMs, mostBytes });
  }

  /** Every verb may be repeated: we choose the names, so a create whose response was lost becomes a conflict. */
  async function exchange(
    method: string,
    path: string,
    contents: Contents = {},
    isWorthATry = isTransient,
  ): Promise<{ answer: unknown; bytes: number }> {
    const since = Date.now();
    let isAnswerLost = false;
    return retry(
      async () => {
        const beginMs = Math.min(limits.silenceMs, Math.max(1, since + PATIENCE_MS - Date.now()));
        const ask = () =>
          send(beginMs, method, path, contents).catch((error: unknown) => {
            if (error instanceof Problem || error instanceof PageTooLarge) throw error;
            isAnswerLost = true;
            throw unreachable({ label, server, proxy }, error);
          });
        let answer = await ask();
        // A token that expired early is renewed once.
        if (answer.status === 401 && (await access.renew())) answer = await ask();
        // An earlier attempt has deleted it.
        if (method === "DELETE" && answer.status === 404 && isAnswerLost) return { answer: {}, bytes: 0 };
        return { answer: readAnswer(label, `${method} ${path}`, answer), bytes: answer.bytes };
      },
      {
        retries: 4,
        minTimeout: 250,
        randomize: true,
        shouldRetry: ({ error }) => isWorthATry(error) && Date.now() - since < PATIENCE_MS,
      },
    );
  }

  const request = async (...call: Parameters<typeof exchange>): Promise<unknown> =>
    (await exchange(...call)).answer;

  function pages<T>(scope: Scope): AsyncIterable<Page<T>> {
    const { metadataOnly } = scope;
    const accept = metadataOnly && { accept: METADATA_ONLY };
    return pagesOf<T>(
      (page, mostBytes) =>
        exchange("GET", `${pathOf(scope)}?${queryOf(scope, page)}`, { ...accept, mostBytes }),
      metadataOnly ? { ...sizes, first: sizes.most } : sizes,
    );
  }

  const absentIsUndefined = (error: unknown): undefined => {
    if (error instanceof KubernetesError && error.reason === "NotFound") return undefined;
    throw error;
  };

  return {
    label,
    server,
    answers: new SharedAnswers(),
    session,
    get: async <T>(target: Target) =>
      (await request("GET", pathOf(target)).catch(absentIsUndefined)) as T | undefined,
    read: (path) => request("GET", path, {}, (error) => isTransient(error) && !isUnavailable(error)),
    pages,
    list: async <T>(scope: Scope) => {
      let listing: Listing<T> = { items: [], resourceVersion: "" };
      for await (const { isFirst, items, resourceVersion } of pages<T>(scope)) {
        if (isFirst) listing = { items: [], resourceVersion };
        for (const item of items) listing.items.push(item);
      }
      return listing;
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
      // A conflict means that the name belongs to another object, or that the object has changed.
      const gone = (error: unknown) => (uid && isConflict(error) ? undefined : absentIsUndefined(error));
      return (await request("DELETE", pathOf(target), { body }).catch(gone)) !== undefined;
    },
    watch: (scope, onEvent, signal) =>
      new Promise((resolve, reject) => {
        const { resourceVersion } = scope;
        const query = { ...selectorsOf(scope), resourceVersion, allowWatchBookmarks: true };
        const watching = new k8s.Watch(access.config).watch(
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
    close: () => access.close(),
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

const queryOf = (scope: Scope, page: Record<string, string>): string =>
  new URLSearchParams({ ...selectorsOf(scope), ...page }).toString();

/** An object without a name. */
type Unnamed<T extends KubernetesObject> = Omit<T, "metadata"> & { metadata: Omit<ObjectMeta, "name"> };

/**
 * Creates an object whose name is `prefix` and a random end, and returns that name. The client repeats a request whose
 * response was lost. Nobody else knows the name, so a conflict means that the first attempt has created the object.
 */
export async function createUnderRandomName<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  prefix: string,
  object: Unnamed<T>,
): Promise<string> {
  const name = `${prefix}-${randomBytes(6).toString("hex")}`;
  await client.create(type, { ...object, metadata: { ...object.metadata, name } }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
  return name;
}
