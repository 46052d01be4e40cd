import { testSession } from "../../session.ts";
import { SharedAnswers } from "../../../../provider/kubernetes/discovery.ts";
import type { KubernetesClient, Scope, Target, WatchEvent } from "../../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { KubernetesError } from "../../../../provider/kubernetes/kubernetes-error.ts";
import type { KubernetesObject, ResourceType } from "../../../../provider/kubernetes/resources.ts";
import { selects } from "../../kubernetes/selects.ts";
import { applyMergePatch } from "../../core/merge-patch.ts";

type Live = KubernetesObject & { spec?: object; status?: object };

/**
 * A cluster without a server, for what many do in it at the same time: each watch sees its own objects alone, as with
 * a real one, which the fake API server does not care for.
 */
export interface MemoryCluster {
  client: KubernetesClient;
  /** Verb, kind and name of all writes so far: `create DeleteBackupRequest b-1`. */
  writes: string[];
  put(type: ResourceType, object: Live): void;
  /** What the API says of itself at that path: `/apis`. */
  serve(path: string, document: object): void;
  at(type: ResourceType, name: string): Live | undefined;
  all(type: ResourceType): Live[];
  remove(type: ResourceType, name: string): void;
}

/** What a controller does as soon as something is created, or gives it a status. */
type OnCreate = (type: ResourceType, object: Live) => object | undefined | void;

export function memoryCluster(onCreate: OnCreate = () => undefined): MemoryCluster {
  const objects = new Map<string, { type: ResourceType; object: Live }>();
  const events: { at: number; type: ResourceType; event: WatchEvent<KubernetesObject> }[] = [];
  const documents = new Map<string, object>();
  const watching = new Set<() => void>();
  const writes: string[] = [];
  let version = 0;

  const keyOf = (type: ResourceType, name: string) => `${type.plural}/${name}`;
  const tell = (type: ResourceType, event: WatchEvent<KubernetesObject>) => {
    events.push({ at: version, type, event });
    watching.forEach((look) => look());
  };
  function put(type: ResourceType, object: Live): Live {
    const key = keyOf(type, object.metadata.name);
    const known = objects.get(key)?.object;
    version += 1;
    const uid = object.metadata.uid ?? known?.metadata.uid ?? `uid-${version}`;
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } };
    objects.set(key, { type, object: stored });
    tell(type, { type: known ? "MODIFIED" : "ADDED", object: stored });
    return stored;
  }
  function remove(type: ResourceType, name: string): boolean {
    const gone = objects.get(keyOf(type, name));
    if (!gone) return false;
    objects.delete(keyOf(type, name));
    version += 1;
    tell(type, { type: "DELETED", object: gone.object });
    return true;
  }
  const all = (type: ResourceType): Live[] =>
    [...objects.values()].filter((each) => each.type.plural === type.plural).map(({ object }) => object);
  const wrote = (verb: string, { kind }: ResourceType, name: string) =>
    writes.push(`${verb} ${kind} ${name}`);

  const client: KubernetesClient = {
    close: () => undefined,
    label: clusterLabel("east"),
    session: testSession(),
    server: "memory",
    answers: new SharedAnswers(),
    read: async (path) => {
      const document = documents.get(path);
      if (document) return document;
      throw new KubernetesError({ status: 404, reason: "NotFound", what: `nothing is served at ${path}` });
    },
    get: async <T>({ type, name }: Target) => objects.get(keyOf(type, name))?.object as T | undefined,
    list: async <T>(scope: Scope) => ({
      items: all(scope.type).filter((object) => isIn(scope, object) && selects(scope, object)) as T[],
      resourceVersion: String(version),
    }),
    // By way of the client's own list, which a test may have replaced.
    pages: async function* <T extends KubernetesObject>(scope: Scope) {
      yield { ...(await client.list<T>(scope)), isFirst: true };
    },
    create: async <T>(type: ResourceType, object: KubernetesObject) => {
      const { name } = object.metadata;
      wrote("create", type, name);
      if (objects.has(keyOf(type, name)))
        throw new KubernetesError({ status: 409, reason: "AlreadyExists", what: `${name} exists already` });
      const made = {
        ...object,
        metadata: { ...object.metadata, creationTimestamp: new Date().toISOString() },
      };
      const status = onCreate(type, made);
      return put(type, { ...made, ...(status ? { status } : {}) }) as T;
    },
    patch: async <T>({ type, name }: Target, change: object) => {
      wrote("patch", type, name);
      const live = objects.get(keyOf(type, name));
      const { resourceVersion } = (change as Partial<KubernetesObject>).metadata ?? {};
      if (live && resourceVersion !== undefined && resourceVersion !== live.object.metadata.resourceVersion)
        throw new KubernetesError({ status: 409, reason: "Conflict", what: `${name} was changed since` });
      return live && (put(type, applyMergePatch(live.object, change) as Live) as T);
    },
    delete: async ({ type, name }, { uid } = {}) => {
      wrote("delete", type, name);
      const live = objects.get(keyOf(type, name))?.object;
      if (live === undefined || (uid !== undefined && uid !== live.metadata.uid)) return false;
      if (!isHeld(live)) return remove(type, name);
      put(type, {
        ...live,
        metadata: { ...live.metadata, deletionTimestamp: new Date().toISOString() },
      });
      return true;
    },
    watch: (scope, onEvent, signal) =>
      new Promise((resolve) => {
        let seen = Number(scope.resourceVersion);
        const look = () => {
          const news = events.filter(({ at }) => at > seen);
          seen = version;
          for (const { type, event } of news)
            if (type.plural === scope.type.plural && selects(scope, event.object))
              onEvent(event as WatchEvent<never>);
        };
        const stop = () => {
          watching.delete(look);
          resolve();
        };
        watching.add(look);
        look();
        if (signal.aborted) stop();
        else signal.addEventListener("abort", stop, { once: true });
      }),
  };
  return {
    client,
    writes,
    put: (type, object) => void put(type, object),
    serve: (path, document) => void documents.set(path, document),
    at: (type, name) => objects.get(keyOf(type, name))?.object,
    all,
    remove: (type, name) => void remove(type, name),
  };
}

/** What says no namespace is in the one that is asked for. */
const isIn = ({ namespace }: Scope, { metadata }: Live): boolean =>
  namespace === undefined || metadata.namespace === undefined || metadata.namespace === namespace;

/** Somebody has to do something before it goes. */
const isHeld = ({ metadata }: Live): boolean =>
  ((metadata as { finalizers?: string[] }).finalizers ?? []).length > 0;
