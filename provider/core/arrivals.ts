const TICK_MS = 1_000;

/** Counts the parts of answers that arrive from the clusters and stores of a session. */
export class Arrivals {
  #parts = 0;

  /** Records that a part arrived. */
  count(): void {
    this.#parts += 1;
  }

  /**
   * Waits for work as long as parts of answers arrive, and for `silenceMs` after that. Then `onSilence` gives the
   * result. A large answer may take long. Every part counts, whoever requested it: shared work counts for all who wait,
   * and each request has its own limit. A busy process counts one tick only.
   */
  async whileTheyCome<T>(work: Promise<T>, silenceMs: number, onSilence: () => T | Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<void>((resolve) => {
      let [seen, ticks] = [this.#parts, 0];
      timer = setInterval(() => {
        ticks = this.#parts === seen ? ticks + 1 : 0;
        seen = this.#parts;
        if (ticks * TICK_MS >= silenceMs) resolve();
      }, TICK_MS);
    });
    try {
      return await Promise.race([work, silence.then(onSilence)]);
    } finally {
      clearInterval(timer);
    }
  }
}

export type Parts = AsyncIterable<Uint8Array>;

/** Reads a large answer without holding it in memory. */
export type Take<T> = (parts: Parts) => Promise<T>;

/** `broken`: the answer itself failed. `refused`: its reader found it wrong. */
export type Taken<T> = { value: T } | { broken: unknown } | { refused: unknown };

/**
 * Lets `take` read the parts of an answer as they arrive, and separates failures of the answer from those of its
 * reader.
 */
export async function takeParts<T>(
  arrivals: Arrivals,
  open: () => Parts | Promise<Parts>,
  take: Take<T>,
): Promise<Taken<T>> {
  const failed: { broken?: unknown } = {};
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of await open()) {
        arrivals.count();
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
