import { type Owner, ownerHash } from "../core/identity.ts";
import { hasUnknown } from "../core/values.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { withCredentialsOf } from "../store/coordinates.ts";
import { kindOf, type StoreDeclaration } from "../store/ways.ts";

/** The way to a cluster and to the store behind it. */
export interface Access extends Partial<StoreDeclaration> {
  connection: Connection;
}

/** Credentials rotate while old resources wait for their delete: what `check` saw last beats what state holds. */
export class NewestAccess {
  readonly #byLocation = new Map<string, Access>();

  /** `location` is a ClusterLocation: one cluster, and the store behind it. */
  remember(location: Owner, access: Access): void {
    if (!hasUnknown([access, location.owner])) this.#byLocation.set(ownerHash(location), access);
  }

  /** The newest way to a location of which state has that one. */
  of(location: Owner, inState: Access): Access {
    const seen = this.#byLocation.get(ownerHash(location));
    if (!seen) return inState;
    const { storage, credentials, access } = inState;
    const { connection } = seen;
    if (!storage || !seen.storage || kindOf(storage) !== kindOf(seen.storage))
      return { connection, storage, credentials, access };
    // Coordinates stay those of state: a replaced location lies elsewhere.
    return {
      connection,
      storage: withCredentialsOf(storage, seen.storage),
      credentials: seen.credentials,
      // Where the claim is kept hangs on it: a way that there was, or was not, stays as state has it.
      access: access === "none" || seen.access === "none" ? access : seen.access,
    };
  }
}
