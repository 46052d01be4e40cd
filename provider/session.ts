import { Arrivals } from "./core/arrivals.ts";
import { CheckedResources } from "./core/checked-resources.ts";
import { Notices } from "./core/notices.ts";
import { Fingerprinter } from "./core/references.ts";
import { Secrets } from "./core/secrets.ts";
import type { CoreSession } from "./core/session.ts";
import { type Clusters, SharedClusters } from "./kubernetes/clusters.ts";
import { secretsOfProxies } from "./proxy/proxy-for.ts";
import { DefaultLocations } from "./rules/default-location.ts";
import type { SharedListing } from "./rules/judge-single.ts";
import { NewestAccess } from "./rules/newest-access.ts";
import type { StoreFacts } from "../model/store-facts.ts";
import { StateKubeconfigs } from "./state-kubeconfigs.ts";
import type { ObjectStore } from "./store/object-store.ts";
import { openStore } from "./store/open-store.ts";
import { StoreConnections } from "./store/store-connections.ts";
import type { Stores } from "./store/stores.ts";
import { resolveStorage, type StoreAccess } from "./store/ways.ts";

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
  /** What was skipped, with the reasons, by URN or part of one. Dependents of a location in it do not try again. */
  readonly skipped = new Map<string, string>();
  /** The key of a cluster in a location, by location and cluster. */
  readonly keysOfClusters = new Map<string, string>();

  /** The looks of previews, by what each looks at. */
  readonly looks: Map<string, Promise<unknown>>;
  readonly storeFacts = new Map<string, Promise<StoreFacts>>();
  readonly listings = new Map<string, SharedListing>();

  constructor({ clusters, stores, looks }: Fakes = {}) {
    this.clusters = clusters ?? new SharedClusters(this);
    this.stores = stores ?? { open: this.#openWay.bind(this) };
    this.looks = looks ?? new Map<string, Promise<unknown>>();
    for (const secret of secretsOfProxies()) this.secrets.learn(secret);
  }

  /** Ends all connections. */
  close(): void {
    this.clusters.close();
    this.#storeConnections.close();
  }

  #openWay(way: StoreAccess): ObjectStore;
  #openWay(way: StoreAccess | undefined): ObjectStore | undefined;
  #openWay(way: StoreAccess | undefined): ObjectStore | undefined {
    if (!way) return undefined;
    const storage = resolveStorage(this.secrets, way.storage, way.declaredAs);
    return openStore(storage, way.declaredAs, this.#storeConnections);
  }
}
