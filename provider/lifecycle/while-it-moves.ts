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
