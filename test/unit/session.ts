import type { Clusters } from "../../provider/kubernetes/clusters.ts";
import { Session } from "../../provider/session.ts";
import type { ObjectStore } from "../../provider/store/object-store.ts";
import type { Stores } from "../../provider/store/stores.ts";
import type { StoreAccess } from "../../provider/store/store-access.ts";

/** What stands for clusters and stores in a test; without it the session opens real ones. */
interface Fakes {
  openCluster?: Clusters["open"];
  openStore?: (way: StoreAccess) => ObjectStore | undefined;
  looks?: Map<string, Promise<unknown>>;
}

/** A session that has seen nothing yet. */
export function testSession({ openCluster, openStore, looks }: Fakes = {}): Session {
  const open = openStore && (((way) => way && openStore(way)) as Stores["open"]);
  return new Session({
    ...(openCluster && { clusters: { open: openCluster, close: () => undefined } }),
    ...(open && { stores: { open } }),
    ...(looks && { looks }),
  });
}
