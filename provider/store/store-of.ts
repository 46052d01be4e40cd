import type { ObjectStore } from "./object-store.ts";
import type { Stores } from "./stores.ts";
import { programWay, type StoreDeclaration } from "./ways.ts";

/** The store by the program's own way, where it has one. */
export const storeOf = (
  session: { stores: Stores },
  { storage, credentials, access, cluster }: Partial<StoreDeclaration> & { cluster: string },
): ObjectStore | undefined =>
  storage && session.stores.open(programWay({ storage, credentials, access }, cluster));
