import pRetry from "p-retry";
import { proxiedFailure, proxyVerdictOn } from "./proxied-failure.ts";
import { StoreError } from "./store-error.ts";
import { StoreRefusal, type StoreFailure } from "./store-failure.ts";
import { explainFailure, isPassing, type StoreOperation, type StorePlace, type Verdict } from "./verdict.ts";

/** Runs one request; `attempt` counts from 1. Fails with a StoreError. */
export type StoreCall = <T>(
  operation: StoreOperation,
  request: (attempt: number) => Promise<T>,
) => Promise<T>;

export interface StoreCallOptions {
  place: StorePlace;
  /** What must never be seen in a message. */
  secrets: readonly (string | undefined)[];
  /** Reads what the vendor's package throws. */
  failureOf: (thrown: unknown) => StoreFailure;
  verdictOn: (failure: StoreFailure) => Verdict;
}

/**
 * How every client calls: tried again where a moment may help, and the one place where what they throw becomes a
 * StoreError. Three tries within about 2 s, so that a store that is down is still named at once.
 */
export function storeCalls({ place, secrets, ...dialect }: StoreCallOptions): StoreCall {
  const failureOf = (thrown: unknown) => proxiedFailure(thrown, dialect.failureOf(thrown), place);
  const verdictOn = (failure: StoreFailure) => proxyVerdictOn(failure) ?? dialect.verdictOn(failure);
  return async (operation, request) => {
    const once = async (attempt: number) => {
      try {
        return await request(attempt);
      } catch (thrown) {
        throw thrown instanceof StoreError ? thrown : new StoreRefusal(failureOf(thrown));
      }
    };
    try {
      return await pRetry(once, {
        retries: 2,
        minTimeout: 250,
        factor: 3,
        randomize: true,
        shouldRetry: ({ error, attemptNumber }) =>
          error instanceof StoreRefusal &&
          (isPassing(verdictOn(error.failure), error.failure) ||
            // One of a thousand deletions that gets no answer must not end them all.
            (operation.verb === "delete" && error.failure.code === "ETIMEDOUT" && attemptNumber === 1)),
      });
    } catch (thrown) {
      if (!(thrown instanceof StoreRefusal)) throw thrown;
      const { failure } = thrown;
      // No `cause`: the vendors' errors carry the request's headers, and with them the session token.
      throw new StoreError({
        ...explainFailure(verdictOn(failure), failure, operation, place),
        vendorCode: failure.code,
        what: clauseOf(operation, place),
        said: redacted(wordsOf(failure), secrets),
      });
    }
  };
}

function clauseOf({ verb, subject, more = "" }: StoreOperation, { address }: StorePlace): string {
  if (!subject) return `cannot ${verb} ${address}`;
  return `cannot ${verb} ${JSON.stringify(subject)}${more} ${verb === "write" ? "to" : "in"} ${address}`;
}

function wordsOf({ said, code }: StoreFailure): string {
  const words = said.trim().replace(/[.\s]+$/, "");
  return words === "" || words.includes(code) ? words || code : `${words} (${code})`;
}

function redacted(words: string, secrets: StoreCallOptions["secrets"]): string {
  return secrets.reduce<string>(
    (text, secret) => (secret ? text.replaceAll(secret, "[secret]") : text),
    words,
  );
}
