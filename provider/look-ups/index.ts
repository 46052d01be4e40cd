import { Problem, UNEXPECTED, withSomeCode, wordsOf } from "../core/errors.ts";
import { forgetSecrets, redact } from "../core/redact.ts";
import { closeClusters } from "../kubernetes/clusters.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { DEFINITE as DEFINITE_OF_CLUSTER } from "../rules/look-at-cluster.ts";
import { DEFINITE as DEFINITE_OF_STORE } from "../rules/store-settings.ts";
import { closeAgents } from "../store/http-agent.ts";
import { StoreError } from "../store/store-error.ts";
import { findBackups, findLatestBackup } from "./backups.ts";
import { type BackupsRequest, refuseBackups, refuseUsers, type UsersRequest } from "./request.ts";
import { findUsers } from "./users.ts";

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

let running = 0;

/**
 * Runs a look-up. It runs in the user's own program, which may live for years (Automation API) and look up every
 * minute. When the last of those that run side by side has ended, their connections are closed, and clusters and
 * secrets are forgotten. The provider's process, which ends with its engine, has no sessions.
 */
export async function lookUpSession<T>(work: () => Promise<T>): Promise<T> {
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    if (running === 0) {
      closeClusters();
      closeAgents();
      forgetSecrets();
    }
  }
}
