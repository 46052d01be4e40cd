import { type Owner, ownerHash } from "../core/identity.ts";
import { hasUnknown } from "../core/values.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { withCredentialsOf } from "../store/coordinates.ts";
import { kindOf, type StoreDeclaration } from "../store/ways.ts";

/** The access to a cluster and to its store. */
export interface KnownAccess extends Partial<StoreDeclaration> {
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
