const TICK_MS = 1_000;

let parts = 0;

/** Something has come in from a cluster or a store: an answer, or a part of one. */
export function moved(): void {
  parts += 1;
}

/**
 * Waits for work for as long as something comes in, and for `silenceMs` after that; then `onSilence` says what comes of
 * it. A large answer may take its time. Anything that comes in counts, whoever has asked for it: work that several wait
 * for moves for all of them, and each request has a limit of its own. A process that is busy counts one tick alone.
 */
export async function whileItMoves<T>(
  work: Promise<T>,
  silenceMs: number,
  onSilence: () => T | Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<void>((resolve) => {
    let [seen, ticks] = [parts, 0];
    timer = setInterval(() => {
      ticks = parts === seen ? ticks + 1 : 0;
      seen = parts;
      if (ticks * TICK_MS >= silenceMs) resolve();
    }, TICK_MS);
  });
  try {
    return await Promise.race([work, silence.then(onSilence)]);
  } finally {
    clearInterval(timer);
  }
}

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
