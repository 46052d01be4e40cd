import type { Readable } from "node:stream";
import { patiently } from "./patience.ts";

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
