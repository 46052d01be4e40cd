import pRetry from "p-retry";
import { S3Refusal, type S3Failure } from "./s3-answer.ts";
import { explainS3Failure, isPassing, type S3Operation, type S3Place } from "./s3-errors.ts";
import { StoreError } from "./store-error.ts";

/** Runs one request; `attempt` counts from 1. Fails with a StoreError. */
export type S3Call = <T>(operation: S3Operation, request: (attempt: number) => Promise<T>) => Promise<T>;

export interface S3CallOptions {
  place: S3Place;
  /** What must never be seen in a message. */
  secrets: readonly (string | undefined)[];
  /** Reads what the vendor's package throws. */
  failureOf: (thrown: unknown) => S3Failure;
}

/**
 * How both S3 clients call: tried again where a moment may help, and the one place where what they throw becomes a
 * StoreError. Three tries within about 2 s, so that a store that is down is still named at once.
 */
export function s3Calls({ place, secrets, failureOf }: S3CallOptions): S3Call {
  return async (operation, request) => {
    const once = async (attempt: number) => {
      try {
        return await request(attempt);
      } catch (thrown) {
        throw thrown instanceof StoreError ? thrown : new S3Refusal(failureOf(thrown));
      }
    };
    try {
      return await pRetry(once, {
        retries: 2,
        minTimeout: 250,
        factor: 3,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof S3Refusal && isPassing(error.failure),
      });
    } catch (thrown) {
      if (!(thrown instanceof S3Refusal)) throw thrown;
      // No `cause`: the vendors' errors carry the request's headers, and with them the session token.
      throw new StoreError({
        ...explainS3Failure(thrown.failure, operation, place),
        vendorCode: thrown.failure.code,
        what: clauseOf(operation, place),
        said: redacted(wordsOf(thrown.failure), secrets),
      });
    }
  };
}

function clauseOf({ verb, subject, more = "" }: S3Operation, { address }: S3Place): string {
  if (!subject) return `cannot ${verb} ${address}`;
  return `cannot ${verb} ${JSON.stringify(subject)}${more} ${verb === "write" ? "to" : "in"} ${address}`;
}

function wordsOf({ said, code }: S3Failure): string {
  const words = said.trim().replace(/[.\s]+$/, "");
  return words === "" || words.includes(code) ? words || code : `${words} (${code})`;
}

function redacted(words: string, secrets: S3CallOptions["secrets"]): string {
  return secrets.reduce<string>(
    (text, secret) => (secret ? text.replaceAll(secret, "[secret]") : text),
    words,
  );
}
