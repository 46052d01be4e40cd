import { CheckedResources } from "./core/checked-resources.ts";
import type { CoreSession } from "./core/session.ts";
import { type Clusters, SharedClusters } from "./kubernetes/clusters.ts";
import { DefaultLocations } from "./rules/default-location.ts";
import type { SharedListing } from "./rules/judge-single.ts";
import { NewestAccess } from "./rules/newest-access.ts";
import type { ObjectStore, StoreFacts } from "./store/object-store.ts";
import { openStore } from "./store/open-store.ts";
import type { Stores } from "./store/stores.ts";
import { resolveStorage, type Way } from "./store/ways.ts";

/** Tests give clusters and stores of their own, and looks that have been made. */
interface Fakes {
  clusters?: Clusters;
  stores?: Stores;
  looks?: Map<string, Promise<unknown>>;
}

/**
 * The state of a process while it serves one deployment, or a look-up while it runs, and how clusters and stores are
 * reached. `provider/index.ts` makes one for the provider's process, `look-ups/` one for the look-ups that run at the
 * same time. It is passed to whoever needs it. Notices, learned secrets and connections to stores are not in it yet.
 */
export class Session implements CoreSession {
  readonly clusters: Clusters;
  readonly stores: Stores;

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
    this.clusters = clusters ?? new SharedClusters();
    this.stores = stores ?? { open: openWay };
    this.looks = looks ?? new Map<string, Promise<unknown>>();
  }

  /** Ends all connections. */
  close(): void {
    this.clusters.close();
  }
}

function openWay(way: Way): ObjectStore;
function openWay(way: Way | undefined): ObjectStore | undefined;
function openWay(way: Way | undefined): ObjectStore | undefined {
  return way && openStore(resolveStorage(way.storage, way.declaredAs), way.declaredAs);
}
