import { clearTimeout, setTimeout } from "node:timers";
import { moved } from "../lifecycle/while-it-moves.ts";
import { PageTooLarge } from "./pages.ts";

/** How long an answer may take. */
export interface TimeLimits {
  /** Until it begins, and then between any two parts of it. */
  silenceMs: number;
  /** From the request to its end. */
  wholeMs: number;
}

/** A slow connection is none that is dead: large answers take their time, as long as they come. */
export const TIME_LIMITS: TimeLimits = { silenceMs: 10_000, wholeMs: 60_000 };

/** What `fetch` gives, as far as it is read here. */
interface Incoming {
  status: number;
  body: AsyncIterable<Uint8Array> | null;
}

/**
 * Sends a request, and reads its answer for as long as something comes. An answer of more than `mostBytes`, or one that
 * comes and takes too long, is a PageTooLarge where `mostBytes` says that a smaller one could be asked for.
 */
export async function readBody(
  send: (signal: AbortSignal) => Promise<Incoming>,
  { silenceMs, wholeMs }: TimeLimits,
  { beginMs = silenceMs, mostBytes }: { beginMs?: number; mostBytes?: number | undefined } = {},
): Promise<{ status: number; text: string; bytes: number }> {
  const given = new AbortController();
  const late = (reason: Error) => () => given.abort(reason);
  const silent = late(new DOMException("The answer stopped", "TimeoutError"));
  let quiet = setTimeout(silent, beginMs);
  const tooLong =
    mostBytes === undefined
      ? new DOMException("The answer did not end", "TimeoutError")
      : new PageTooLarge("it takes too long");
  const whole = setTimeout(late(tooLong), wholeMs);
  try {
    const { status, body } = await send(given.signal);
    clearTimeout(quiet);
    quiet = setTimeout(silent, silenceMs);
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for await (const part of body ?? []) {
      quiet.refresh();
      moved();
      bytes += part.byteLength;
      if (mostBytes !== undefined && bytes > mostBytes) throw new PageTooLarge("it is too large");
      text += decoder.decode(part, { stream: true });
    }
    return { status, text: text + decoder.decode(), bytes };
  } catch (error) {
    throw given.signal.aborted ? given.signal.reason : error;
  } finally {
    clearTimeout(quiet);
    clearTimeout(whole);
    // Of an answer that is given up nothing more is read.
    given.abort();
  }
}
