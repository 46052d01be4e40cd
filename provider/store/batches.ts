import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Yields the parts of a response, for clients that have no timeout. It fails if a part takes too long. */
export async function* partsOf(answer: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const stream = answer as Readable;
  const parts = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const next = await patiently(parts.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
}

const patienceMs = 15_000;

/** Limits a request of a client that has no timeout. The error is the same as that of a silent connection. */
export async function patiently<T>(request: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const tooLate = sleep(patienceMs, undefined, { signal: answered.signal }).then(() => {
    throw Object.assign(new Error(`no answer within ${patienceMs / 1000} s`), { code: "ETIMEDOUT" });
  });
  try {
    return await Promise.race([request, tooLate]);
  } finally {
    answered.abort();
  }
}

/** Deletes each key with a request of its own, for stores without a request for many. Stops at the first failure. */
export async function removeEach(
  keys: readonly string[],
  remove: (key: string) => Promise<void>,
): Promise<void> {
  const { default: pMap } = await import("p-map");
  await pMap(keys, remove, { concurrency: 32 });
}
