import { UNEXPECTED, withSomeCode } from "./codes.ts";
import { Problem, wordsOf } from "./errors.ts";
import { KubernetesError } from "./kubernetes/kubernetes-error.ts";
import { redact } from "./redact.ts";
import { findBackups, findLatestBackup } from "./resources/look-ups/backups.ts";
import { lookUpSession } from "./resources/look-ups/look-up-session.ts";
import { refuseBackups, refuseUsers } from "./resources/look-ups/request.ts";
import type { BackupsRequest, UsersRequest } from "./resources/look-ups/request.ts";
import { findUsers } from "./resources/look-ups/users.ts";
import { DEFINITE as DEFINITE_OF_CLUSTER } from "./resources/preflight/look-at-cluster.ts";
import { DEFINITE as DEFINITE_OF_STORE } from "./resources/preflight/look-at-store.ts";
import { StoreError } from "./storage/store-error.ts";

/**
 * What runs in the program's own process: `sdk/ask-provider.ts` loads it when a look-up is called, and nothing else of
 * the provider. Plain values in, plain values out, and no secret in any message.
 */
export const lookUps = {
  getBackups: (request: BackupsRequest) =>
    guarded(() => {
      refuseBackups(request);
      return findBackups(request);
    }),
  getLatestBackup: (request: BackupsRequest) =>
    guarded(() => {
      refuseBackups(request);
      return findLatestBackup(request);
    }),
  getLocationUsers: (request: UsersRequest) =>
    guarded(async () => {
      refuseUsers(request);
      const { notAsked, ...found } = await findUsers(request);
      return { ...found, notAsked: notAsked.map(redact) };
    }),
};

/** `passing`: in a preview it may be no more than what cannot be seen from there, or what the same up is to make. */
export interface LookUpFailure extends Error {
  passing: boolean;
  /** See `Problem`. */
  code: string;
}

const guarded = <T>(work: () => Promise<T>): Promise<T> =>
  lookUpSession(async () => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Problem ? error.code : UNEXPECTED;
      const words = withSomeCode(redact(wordsOf(error)), code);
      throw Object.assign(new Error(words), { passing: mayPass(error), code });
    }
  });

const OF_OUR_OWN = ["UnresolvedReference", "NoLocation"];

function mayPass(error: unknown): boolean {
  if (error instanceof KubernetesError) return !DEFINITE_OF_CLUSTER.includes(error.code);
  if (error instanceof StoreError) return !(DEFINITE_OF_STORE as readonly string[]).includes(error.code);
  return error instanceof Problem && OF_OUR_OWN.includes(error.code);
}
