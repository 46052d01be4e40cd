import { Problem, UNEXPECTED, withSomeCode, wordsOf } from "../core/errors.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { DEFINITE_CLUSTER_CODES as DEFINITE_OF_CLUSTER } from "../rules/permissions.ts";
import { DEFINITE_STORE_CODES as DEFINITE_OF_STORE } from "../rules/store-settings.ts";
import { Session } from "../session.ts";
import { StoreError } from "../store/store-error.ts";
import type { BackupSummary } from "../../model/backup-summary.ts";
import type { LocationUsers } from "../../model/location-users.ts";
import { findBackups, findLatestBackup } from "./backups.ts";
import { type BackupsRequest, refuseBackups, refuseUsers, type UsersRequest } from "./request.ts";
import { findUsers } from "./users.ts";

/** The state that parallel look-ups share. */
export class LookUps {
  readonly #newSession: () => Session;
  #session: Session | undefined;
  #running = 0;

  constructor(newSession = () => new Session()) {
    this.#newSession = newSession;
  }

  getBackups(request: BackupsRequest): Promise<BackupSummary[]> {
    return this.#guarded((session) => {
      refuseBackups(request);
      return findBackups(session, request);
    });
  }

  getLatestBackup(request: BackupsRequest): Promise<BackupSummary | undefined> {
    return this.#guarded((session) => {
      refuseBackups(request);
      return findLatestBackup(session, request);
    });
  }

  getLocationUsers(request: UsersRequest): Promise<LocationUsers> {
    return this.#guarded(async (session) => {
      refuseUsers(request);
      const { notAsked, ...found } = await findUsers(session, request);
      return { ...found, notAsked: notAsked.map((words) => session.secrets.redact(words)) };
    });
  }

  #guarded<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inSession(async (session) => {
      try {
        return await work(session);
      } catch (error) {
        const code = error instanceof Problem ? error.code : UNEXPECTED;
        const words = withSomeCode(session.secrets.redact(wordsOf(error)), code);
        throw Object.assign(new Error(words), { passing: mayPass(error), code });
      }
    });
  }

  /**
   * Runs a look-up. It runs in the user's own program, which may live for years (Automation API) and look up every
   * minute. When the last of those that run side by side has ended, their session is closed, and clusters and secrets
   * are forgotten.
   */
  async #inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.#session ??= this.#newSession();
    this.#running += 1;
    try {
      return await work(this.#session);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) {
        this.#session?.close();
        this.#session = undefined;
      }
    }
  }
}

/**
 * The part of the provider that runs in the program's own process: `sdk/ask-provider.ts` loads it when a look-up is
 * called. Arguments and results are plain values, and no message has a secret.
 */
export const lookUps = new LookUps();

/**
 * The failure of a look-up. `passing` is true if a preview may ignore it: the facts cannot be read from there, or the
 * same `up` may create the missing object.
 */
export interface LookUpFailure extends Error {
  passing: boolean;
  /** The code, as in `Problem`. */
  code: string;
}

const OF_OUR_OWN = ["UnresolvedReference", "NoLocation"];

function mayPass(error: unknown): boolean {
  if (error instanceof KubernetesError) return !DEFINITE_OF_CLUSTER.includes(error.code);
  if (error instanceof StoreError) return !(DEFINITE_OF_STORE as readonly string[]).includes(error.code);
  return error instanceof Problem && OF_OUR_OWN.includes(error.code);
}
