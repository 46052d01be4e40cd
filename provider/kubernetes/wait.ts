import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../core/errors.ts";
import type { Deadline } from "../core/deadline.ts";
import type { KubernetesClient, Target } from "./client.ts";
import { isTransient } from "./kubernetes-error.ts";
import type { KubernetesObject } from "./resources.ts";

/** The wait ended without a decision. `last` is the object as last seen. */
export class WaitTimeout extends Problem {
  readonly last: KubernetesObject | undefined;
  constructor(what: string, deadline: Deadline, last: KubernetesObject | undefined, todo: string) {
    super({ code: "Timeout", property: "timeouts", what: `${what} within ${deadline.name}`, todo });
    this.name = "WaitTimeout";
    this.last = last;
  }
}

/**
 * A wait survives a restart of the API server. If the server stays away for this long, the wait fails at once, and not
 * at the deadline.
 */
const SILENCE_MS = 120_000;
/** A watch that lived this long has ended normally. */
const LONG_LIVED_MS = 10_000;

/**
 * Follows one object until `decide` returns a value for it. Undefined means: continue. The object is undefined if it is
 * gone. It lists first, and then watches from there. A broken watch is restarted with jittered backoff.
 */
export async function waitFor<T extends KubernetesObject, R>(
  client: KubernetesClient,
  target: Target,
  decide: (object: T | undefined) => R | undefined,
  options: { deadline: Deadline; what: string; todo: string; signal?: AbortSignal },
): Promise<R> {
  const { type, name, namespace } = target;
  const scope = { type, ...(namespace ? { namespace } : {}), fieldSelector: `metadata.name=${name}` };
  const ended = options.signal
    ? AbortSignal.any([options.deadline.signal, options.signal])
    : options.deadline.signal;
  let last: T | undefined;
  let answeredAt: number | undefined;

  for (let round = 0; !ended.aborted; round++) {
    const listing = await client.list<T>(scope).catch((error: unknown) => {
      if (answeredAt !== undefined && isTransient(error) && Date.now() - answeredAt < SILENCE_MS)
        return undefined;
      throw error;
    });
    if (listing) {
      const since = (answeredAt = Date.now());
      last = listing.items[0];
      const atOnce = decide(last);
      if (atOnce !== undefined) return atOnce;

      const decided = await followUntil<T, R>(
        client,
        { ...scope, resourceVersion: listing.resourceVersion },
        (object) => {
          answeredAt = Date.now();
          last = object;
          return decide(object);
        },
        ended,
      );
      if (decided !== undefined) return decided;
      // Only a watch that breaks at once, again and again, is slowed down.
      if (Date.now() - since > LONG_LIVED_MS) round = -1;
    }
    await sleep(backoff(round), undefined, { signal: ended }).catch(() => undefined);
  }
  options.signal?.throwIfAborted();
  throw new WaitTimeout(options.what, options.deadline, last, options.todo);
}

async function followUntil<T extends KubernetesObject, R>(
  client: KubernetesClient,
  scope: Parameters<KubernetesClient["watch"]>[0],
  decide: (object: T | undefined) => R | undefined,
  ended: AbortSignal,
): Promise<R | undefined> {
  const done = new AbortController();
  const outcome: { decided?: R; failed?: Error } = {};
  await client.watch<T>(
    scope,
    ({ type, object }) => {
      if (done.signal.aborted || type === "BOOKMARK") return;
      try {
        // ERROR means "resource version too old": a new listing shows the state.
        const decided = type === "ERROR" ? undefined : decide(type === "DELETED" ? undefined : object);
        if (decided !== undefined) outcome.decided = decided;
        if (decided !== undefined || type === "ERROR") done.abort();
      } catch (error) {
        outcome.failed = error instanceof Error ? error : new Error(String(error));
        done.abort();
      }
    },
    AbortSignal.any([done.signal, ended]),
  );
  if (outcome.failed !== undefined) throw outcome.failed;
  return outcome.decided;
}

const backoff = (round: number): number => Math.min(100 * 2 ** round, 5_000) * (0.5 + Math.random() / 2);
