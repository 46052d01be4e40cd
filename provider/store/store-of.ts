import type { ObjectStore } from "./object-store.ts";
import { openWay } from "./open-way.ts";
import { programWay, type StoreDeclaration } from "./ways.ts";

/** The store by the program's own way, where it has one. */
export const storeOf = ({
  storage,
  credentials,
  access,
  cluster,
}: Partial<StoreDeclaration> & { cluster: string }): ObjectStore | undefined =>
  storage && openWay(programWay({ storage, credentials, access }, cluster));
