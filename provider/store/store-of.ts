import type { ObjectStore } from "./object-store.ts";
import type { Stores } from "./stores.ts";
import { programAccess, type StoreDeclaration } from "./ways.ts";

/** Opens the store with the program's own access. Returns undefined if the program has none. */
export const storeOf = (
  session: { stores: Stores },
  { storage, credentials, access, cluster }: Partial<StoreDeclaration> & { cluster: string },
): ObjectStore | undefined =>
  storage && session.stores.open(programAccess({ storage, credentials, access }, cluster));
