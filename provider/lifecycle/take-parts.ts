import { moved } from "./while-it-moves.ts";

export type Parts = AsyncIterable<Uint8Array>;

/** Reads a large answer, without holding it. */
export type Take<T> = (parts: Parts) => Promise<T>;

/** `broken`: the answer itself failed. `refused`: the one that read it found it wrong. */
export type Taken<T> = { value: T } | { broken: unknown } | { refused: unknown };

/** Has the parts of an answer read as they come, and tells failures of the answer from those of its reader. */
export async function takeParts<T>(open: () => Parts | Promise<Parts>, take: Take<T>): Promise<Taken<T>> {
  const failed: { broken?: unknown } = {};
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of await open()) {
        moved();
        yield part;
      }
    } catch (error) {
      failed.broken = error;
      throw error;
    }
  }
  const taken = await take(parts()).then(
    (value): Taken<T> => ({ value }),
    (refused: unknown): Taken<T> => ({ refused }),
  );
  return "broken" in failed ? { broken: failed.broken } : taken;
}
