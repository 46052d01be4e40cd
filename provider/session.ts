import { Arrivals } from "./core/arrivals.ts";
import { Notices } from "./core/notices.ts";
import { Secrets, Fingerprinter } from "./core/secrets.ts";
import { type CoreSession, CheckedResources } from "./core/session.ts";
import { type Clusters, SharedClusters } from "./kubernetes/clusters.ts";
import { secretsOfProxies } from "./proxy/proxy-for.ts";
import { DefaultLocations } from "./rules/default-location.ts";
import type { SharedListing } from "./rules/judge-single.ts";
import type { StoreFacts } from "../model/store-facts.ts";
import { StateKubeconfigs } from "./state-kubeconfigs.ts";
import type { ObjectStore } from "./store/object-store.ts";
import { StoreConnections } from "./store/store-connections.ts";
import { type Stores, openStore } from "./store/stores.ts";
import { resolveStorage, type StoreAccess, kindOf, type StoreDeclaration } from "./store/store-access.ts";
import { type Owner, ownerHash } from "./core/identity.ts";
import { hasUnknown } from "./core/values.ts";
import type { Connection } from "./kubernetes/connection.ts";
import { withCredentialsOf } from "./store/coordinates.ts";

/** Tests give clusters and stores of their own, and looks that have been made. */
interface Fakes {
  clusters?: Clusters;
  stores?: Stores;
  looks?: Map<string, Promise<unknown>>;
}

/**
 * The state of a process while it serves one deployment, or of the look-ups that run at the same time, and how clusters
 * and stores are reached. `provider/index.ts` makes one for the provider's process, `look-ups/` one for look-ups. It is
 * passed to whoever needs it: no module keeps state.
 */
export class Session implements CoreSession {
  readonly secrets = new Secrets();
  readonly notices = new Notices(this.secrets);
  readonly fingerprinter = new Fingerprinter();
  readonly arrivals = new Arrivals();
  readonly kubeconfigs = new StateKubeconfigs(this.secrets);

  readonly clusters: Clusters;
  readonly stores: Stores;
  readonly #storeConnections = new StoreConnections(this.arrivals);

  readonly checked = new CheckedResources();
  readonly newestAccess = new NewestAccess();
  readonly defaults = new DefaultLocations();
  /** The skipped resources, with the reasons, by URN or part of one. Dependents of a location in it do not try again. */
  readonly skipped = new Map<string, string>();
  /** The key of a cluster in a location, by location and cluster. */
  readonly keysOfClusters = new Map<string, string>();

  /** The shared results of previews, by what each is about (`shared` in `rules/preflight.ts`). */
  readonly looks: Map<string, Promise<unknown>>;
  readonly storeFacts = new Map<string, Promise<StoreFacts>>();
  readonly listings = new Map<string, SharedListing>();

  constructor({ clusters, stores, looks }: Fakes = {}) {
    this.clusters = clusters ?? new SharedClusters(this);
    this.stores = stores ?? { open: this.#openStore.bind(this) };
    this.looks = looks ?? new Map<string, Promise<unknown>>();
    for (const secret of secretsOfProxies()) this.secrets.learn(secret);
  }

  /** Ends all connections. */
  close(): void {
    this.clusters.close();
    this.#storeConnections.close();
  }

  #openStore(access: StoreAccess): ObjectStore;
  #openStore(access: StoreAccess | undefined): ObjectStore | undefined;
  #openStore(access: StoreAccess | undefined): ObjectStore | undefined {
    if (!access) return undefined;
    const storage = resolveStorage(this.secrets, access.storage, access.declaredAs);
    return openStore(storage, access.declaredAs, this.#storeConnections);
  }
}

/** The access to a cluster and to its store. */
interface KnownAccess extends Partial<StoreDeclaration> {
  connection: Connection;
}

/**
 * Keeps the newest credentials. Credentials rotate while old resources wait for their delete. So the values of the last
 * `check` take precedence over those in state.
 */
export class NewestAccess {
  readonly #byLocation = new Map<string, KnownAccess>();

  /** Records the access of a ClusterLocation: one cluster and its store. */
  remember(location: Owner, access: KnownAccess): void {
    if (!hasUnknown([access, location.owner])) this.#byLocation.set(ownerHash(location), access);
  }

  /** Returns the newest access to a location, given the access in its state. */
  of(location: Owner, inState: KnownAccess): KnownAccess {
    const seen = this.#byLocation.get(ownerHash(location));
    if (!seen) return inState;
    const { storage, credentials, access } = inState;
    const { connection } = seen;
    if (!storage || !seen.storage || kindOf(storage) !== kindOf(seen.storage))
      return { connection, storage, credentials, access };
    // The coordinates stay those of state: a replacement is at another place.
    return {
      connection,
      storage: withCredentialsOf(storage, seen.storage),
      credentials: seen.credentials,
      // The place of the claim depends on it: whether the program has access stays as in state.
      access: access === "none" || seen.access === "none" ? access : seen.access,
    };
  }
}
