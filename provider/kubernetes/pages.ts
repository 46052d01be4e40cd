import { clearTimeout, setTimeout } from "node:timers";
import type { Arrivals } from "../core/arrivals.ts";
import type { Listing } from "./client.ts";
import { isExpired, type KubernetesError } from "./kubernetes-error.ts";

/** The sizes of the pages of a list. */
export interface PageSizes {
  /** The number of objects in the first page, whose size is not known. */
  first: number;
  /** The maximum number of objects in a page. */
  most: number;
  /** The target size of a page. */
  bytes: number;
  /** A larger page is dropped, and requested again with fewer objects. */
  mostBytes: number;
}

/** An object has at most 1.5 MB with etcd's defaults. Most have some kilobytes. */
export const PAGE_SIZES: PageSizes = { first: 20, most: 500, bytes: 4_000_000, mostBytes: 32_000_000 };

/** A page took too long, or was too large. A page with fewer objects may work. */
export class PageTooLarge extends Error {
  override readonly name = "PageTooLarge";
}

export interface Page<T> extends Listing<T> {
  /** True if the list begins with this page. Earlier pages do not count any more. */
  isFirst: boolean;
}

/** Requests one page. `bytes` is the length of the response. `mostBytes` is undefined if the page cannot be smaller. */
type AskForPage = (
  query: { limit: string; continue?: string },
  mostBytes: number | undefined,
) => Promise<{ answer: unknown; bytes: number }>;

interface List<T> {
  /** Null if a server written in Go has no items. */
  items: T[] | null;
  metadata: { resourceVersion: string; continue?: string };
}

/** The number of times that a list continues after its token has expired. A server keeps a token for some minutes. */
const EXPIRIES = 5;

/**
 * Reads a list page by page. All pages are from the same moment, that of `resourceVersion`, unless the list outlives
 * its token (410 Expired). Then it continues with the token in that response (k8s.io/apiserver
 * `pkg/storage/etcd3/errors.go`, handleCompactedErrorForPaging). Objects that changed in the meantime may be missing.
 * Objects that existed all the time are included. Without such a token it starts again, as client-go does
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

/** The limits for a response. */
export interface TimeLimits {
  /** The limit until the response begins, and then between two parts of it. */
  silenceMs: number;
  /** The limit from the request to the end of the response. */
  wholeMs: number;
}

/** A slow connection is not a dead one: a large response may take long, as long as parts arrive. */
export const TIME_LIMITS: TimeLimits = { silenceMs: 10_000, wholeMs: 60_000 };

/** The part of a `fetch` response that is used here. */
interface Incoming {
  status: number;
  body: AsyncIterable<Uint8Array> | null;
}

/**
 * Sends a request, and reads its response as long as parts arrive. With `mostBytes`, a smaller page can be requested:
 * then a response that is larger, or takes too long, throws PageTooLarge.
 */
export async function readBody(
  arrivals: Arrivals,
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
      arrivals.count();
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
    // The rest of a dropped response is not read.
    given.abort();
  }
}
