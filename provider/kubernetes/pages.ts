import { clearTimeout, setTimeout } from "node:timers";
import { moved } from "../core/while-it-moves.ts";
import type { Listing } from "./client.ts";
import { isExpired, type KubernetesError } from "./kubernetes-error.ts";

/** How lists are cut into pages. */
export interface PageSizes {
  /** Objects of the first page, of which nobody knows how large they are. */
  first: number;
  /** A page has no more objects than that. */
  most: number;
  /** Pages are made about as large as that. */
  bytes: number;
  /** A page that is larger is given up, and asked for with fewer objects. */
  mostBytes: number;
}

/** An object has 1.5 MB at most, as etcd is set up; most have some kilobytes. */
export const PAGE_SIZES: PageSizes = { first: 20, most: 500, bytes: 4_000_000, mostBytes: 32_000_000 };

/** A page took too long, or became too large: one with fewer objects may not. */
export class PageTooLarge extends Error {
  override readonly name = "PageTooLarge";
}

export interface Page<T> extends Listing<T> {
  /** The list begins with this page, and what came before does not count. */
  isFirst: boolean;
}

/** One request for a page: `bytes` is the length of its answer. `mostBytes` is undefined for one that can be no smaller. */
export type AskForPage = (
  query: { limit: string; continue?: string },
  mostBytes: number | undefined,
) => Promise<{ answer: unknown; bytes: number }>;

interface List<T> {
  /** Null where a server written in Go has none. */
  items: T[] | null;
  metadata: { resourceVersion: string; continue?: string };
}

/** How often a list goes on after its token has expired. A server keeps a token for some minutes. */
const EXPIRIES = 5;

/**
 * A list page by page. All pages are of the same moment, that of `resourceVersion`, unless the list outlives its token
 * (410 Expired): then it goes on with the token that comes with the refusal (k8s.io/apiserver
 * `pkg/storage/etcd3/errors.go`, handleCompactedErrorForPaging), and what has changed meanwhile may be there or not.
 * What was there all the time is there in any case. Without such a token it begins again, as client-go does
 * (`tools/pager/pager.go`).
 */
export async function* pagesOf<T>(ask: AskForPage, sizes: PageSizes): AsyncGenerator<Page<T>> {
  let limit = sizes.first;
  let token: string | undefined;
  let begunAt: string | undefined;
  let expiries = 0;
  for (;;) {
    const query = { limit: String(limit), ...(token !== undefined && { continue: token }) };
    try {
      const { answer, bytes } = await ask(query, limit > 1 ? sizes.mostBytes : undefined);
      const { items, metadata } = answer as List<T>;
      const isFirst = begunAt === undefined;
      begunAt ??= metadata.resourceVersion;
      yield { items: items ?? [], resourceVersion: begunAt, isFirst };
      if (!metadata.continue) return;
      token = metadata.continue;
      if (items?.length) limit = clamp(Math.floor(sizes.bytes / (bytes / items.length)), sizes.most);
    } catch (error) {
      if (error instanceof PageTooLarge && limit > 1) limit = clamp(Math.floor(limit / 8), sizes.most);
      else if (token !== undefined && isExpired(error) && (expiries += 1) <= EXPIRIES) {
        token = (error as KubernetesError).continueToken;
        if (token === undefined) begunAt = undefined;
      } else throw error;
    }
  }
}

const clamp = (wanted: number, most: number): number => Math.max(1, Math.min(wanted, most));

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
