import type { Readable } from "node:stream";

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
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${patienceMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, patienceMs);
  });
  try {
    return await Promise.race([request, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The number of parallel requests to a store that deletes one object per request. */
const atOnce = 32;

/** Deletes each key with a request of its own, and returns the first failures. A missing object is not a failure. */
export async function removeEach<Refusal>(
  keys: readonly string[],
  remove: (key: string) => Promise<Refusal | undefined>,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const left = [...keys];
  const worker = async () => {
    for (let key = left.pop(); key !== undefined && refusals.length === 0; key = left.pop()) {
      const refusal = await remove(key);
      if (refusal !== undefined) refusals.push(refusal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return refusals;
}
