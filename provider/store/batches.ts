import type { Readable } from "node:stream";

/** The parts of an answer as they come, for clients that cannot be given a time limit: none may be silent for too long. */
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

/** For clients that cannot be given a time limit: fails as a connection would that has been silent for too long. */
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

/** Requests at a time, of a store that deletes one object by each. */
const atOnce = 32;

/** Removes every key by a request of its own, and gives the first refusals; an object that is gone is none. */
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
