import pRetry from "p-retry";
import { type Parts, type Take, takeParts } from "../core/while-it-moves.ts";
import {
  isPassingProxyError,
  isProxyCode,
  type Proxy,
  ProxyError,
  proxyErrorIn,
  proxyTodo,
  refusedByProxy,
  shownProxy,
  unreachableProxy,
} from "../proxy/proxy-error.ts";
import { proxyFor } from "../proxy/proxy-for.ts";
import type { LifecycleRule, ObjectStore, StoredObject, StoreFacts } from "./object-store.ts";
import {
  explainFailure,
  isPassing,
  StoreError,
  type StoreFailure,
  type StoreOperation,
  type StorePlace,
  StoreRefusal,
  type Verdict,
} from "./store-error.ts";

/** The most that S3 deletes by one request, and that any store lists by one. */
const batchSize = 1000;

/** The requests that we use, as a vendor's package makes them: one each, failing as that package fails. */
export interface StoreRequests {
  /** Its parts as they come. What goes wrong may be thrown by the first of them. */
  read(key: string): Promise<Parts>;
  /** With `ifAbsent` under a condition that the server itself checks. */
  write(key: string, body: Buffer, options: { ifAbsent: boolean }): Promise<void>;
  /** `folders` are whole prefixes, with their slash. */
  page(query: PageQuery): Promise<Page>;
  /** Gives what the store says of those it did not delete. */
  removeBatch(keys: readonly string[]): Promise<readonly StoreFailure[]>;
  /** Undefined where it cannot be found out; so it is with the other facts. */
  region(): Promise<string | undefined>;
  versioning(): Promise<StoreFacts["versioning"] | undefined>;
  objectLock(): Promise<LockFacts | undefined>;
  encryption(): Promise<string | undefined>;
  lifecycle(): Promise<LifecycleRule[] | undefined>;
}

export type LockFacts = Required<Pick<StoreFacts, "objectLock" | "retention">>;

/** How a vendor's refusals are to be taken. */
export interface Dialect {
  /** Reads what the vendor's package throws. */
  failureOf: (thrown: unknown) => StoreFailure;
  verdictOn: (failure: StoreFailure) => Verdict;
  /** There is no such object, and that is certain. */
  isAbsent: (failure: StoreFailure) => boolean;
  /** An object that was to be written only where there is none is there. */
  isTaken: (failure: StoreFailure) => boolean;
  /** The bucket has no such setting: no object lock, no encryption of its own, no lifecycle. */
  isUnset?: (failure: StoreFailure) => boolean;
  /** The credentials may not know this fact, or the store has no such thing. */
  isHidden: (failure: StoreFailure) => boolean;
}

export interface PageQuery {
  prefix: string;
  delimiter: "" | "/";
  /** Of the page before. */
  token: string | undefined;
  limit: number;
}

export interface Page {
  objects: StoredObject[];
  folders: string[];
  isTruncated: boolean;
  nextToken: string | undefined;
}

export interface RequestStoreOptions {
  place: StorePlace;
  /** What must never be seen in a message. */
  secrets: readonly (string | undefined)[];
  /** Loads the vendor's package and makes its client; called once, by the first request. */
  connect: () => Promise<StoreRequests>;
  dialect: Dialect;
}

/** The contract on top of a store's requests, the same for whichever package makes them. */
export function requestStore({ place, secrets, connect, dialect }: RequestStoreOptions): ObjectStore {
  const { failureOf } = dialect;
  const call = storeCalls({ place, secrets, failureOf, verdictOn: dialect.verdictOn });
  let connected: Promise<StoreRequests> | undefined;
  const connection = () => (connected ??= connect());

  /** Undefined where the credentials may not know, or the store has no such thing. */
  const fact = <T>(request: (store: StoreRequests) => Promise<T>, ifUnset?: T): Promise<T | undefined> =>
    call({ verb: "inspect" }, async () => {
      try {
        return await request(await connection());
      } catch (thrown) {
        const failure = failureOf(thrown);
        if (dialect.isUnset?.(failure)) return ifUnset;
        if (failure.from === undefined && dialect.isHidden(failure)) return undefined;
        throw thrown;
      }
    });

  /** A failure of `take` itself is none of the store's, and is no reason to try again. */
  async function read<T>(key: string, take: Take<T>): Promise<Answer<T>> {
    const store = await connection();
    const taken = await takeParts(() => store.read(key), take);
    if (!("broken" in taken)) return taken;
    const failure = failureOf(taken.broken);
    if (dialect.isAbsent(failure) || (await isListedAway(store, key, failure))) return { value: undefined };
    throw taken.broken;
  }

  const readWhole = async (key: string): Promise<Buffer | undefined> => given(await read(key, collect));

  /** To keys that may not list the whole bucket S3 calls an object that is not there forbidden. */
  async function isListedAway(store: StoreRequests, key: string, failure: StoreFailure): Promise<boolean> {
    if (dialect.verdictOn(failure).code !== "Forbidden") return false;
    const query = { prefix: key, delimiter: "", token: undefined, limit: 1 } as const;
    const page = await store.page(query).catch(() => undefined);
    return page?.objects.every((object) => object.key !== key) ?? false;
  }

  async function* pages(prefix: string, delimiter: "" | "/"): AsyncGenerator<Page> {
    const operation: StoreOperation = { verb: "list", subject: prefix };
    let token: string | undefined;
    do {
      const query = { prefix, delimiter, token, limit: batchSize };
      const page = await call(operation, async () => wholePage(await (await connection()).page(query)));
      yield page;
      token = page.nextToken;
    } while (token);
  }

  return {
    address: place.address,

    async inspect(): Promise<StoreFacts> {
      const [region, versioning, lock, encryption, lifecycle] = await Promise.all([
        fact((store) => store.region()),
        fact((store) => store.versioning()),
        fact((store) => store.objectLock(), { objectLock: "off", retention: "none" } as const),
        fact((store) => store.encryption(), "none"),
        fact((store) => store.lifecycle(), []),
        // Finds out that there is no bucket even where the credentials may know none of the rest.
        fact((store) => store.page({ prefix: "", delimiter: "/", token: undefined, limit: 1 })),
      ]);
      return {
        region: region ?? "unknown",
        versioning: versioning ?? "unknown",
        objectLock: lock?.objectLock ?? "unknown",
        encryption: encryption ?? "unknown",
        retention: lock?.retention ?? "unknown",
        lifecycle: lifecycle ?? "unknown",
      };
    },

    get: (key) => call({ verb: "read", subject: key }, () => readWhole(key)),

    stream: async (key, take) => given(await call({ verb: "read", subject: key }, () => read(key, take))),

    put: (key, content, { ifAbsent = false } = {}) =>
      call({ verb: "write", subject: key }, async (attempt) => {
        const body = Buffer.from(content);
        try {
          await (await connection()).write(key, body, { ifAbsent });
          return true;
        } catch (thrown) {
          if (!ifAbsent || !dialect.isTaken(failureOf(thrown))) throw thrown;
          // An earlier try may have written it, and only its answer was lost.
          return attempt > 1 && (await readWhole(key))?.equals(body) === true;
        }
      }),

    async *list(prefix) {
      for await (const { objects } of pages(prefix, "")) yield* objects;
    },

    async children(prefix) {
      const found = { folders: [] as string[], objects: [] as string[] };
      for await (const { folders, objects } of pages(prefix, "/")) {
        found.folders.push(...folders.map((folder) => folder.slice(prefix.length, -1)));
        // An object named like the folder itself is how consoles draw an empty folder.
        found.objects.push(...objects.map(({ key }) => key.slice(prefix.length)).filter(Boolean));
      }
      // S3 sorts folders by their name with its slash: east-2/ before east/.
      return { folders: found.folders.toSorted(), objects: found.objects };
    },

    async remove(keys) {
      for (let start = 0; start < keys.length; start += batchSize) {
        const batch = keys.slice(start, start + batchSize);
        const more = batch.length > 1 ? ` and ${batch.length - 1} more` : "";
        await call({ verb: "delete", subject: batch[0], more }, async () => {
          const [refusal] = await (await connection()).removeBatch(batch);
          if (refusal) throw new StoreRefusal(refusal);
        });
      }
    },
  };
}

/** Undefined where there is no such object. */
type Answer<T> = { value: T | undefined } | { refused: unknown };

function given<T>(answer: Answer<T>): T | undefined {
  if ("refused" in answer) throw answer.refused;
  return answer.value;
}

async function collect(parts: Parts): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** A listing that ends too early must not pass for a whole one: on it hangs what is deleted, or taken for empty. */
function wholePage(page: Page): Page {
  if (!page.isTruncated) return { ...page, nextToken: undefined };
  if (page.nextToken) return page;
  throw new StoreRefusal({
    code: "TruncatedListing",
    said: "the listing has more pages, but names no next one",
  });
}

/** Runs one request; `attempt` counts from 1. Fails with a StoreError. */
export type StoreCall = <T>(
  operation: StoreOperation,
  request: (attempt: number) => Promise<T>,
) => Promise<T>;

export interface StoreCallOptions {
  place: StorePlace;
  /** What must never be seen in a message. */
  secrets: readonly (string | undefined)[];
  /** Reads what the vendor's package throws. */
  failureOf: (thrown: unknown) => StoreFailure;
  verdictOn: (failure: StoreFailure) => Verdict;
}

/**
 * How every client calls: tried again where a moment may help, and the one place where what they throw becomes a
 * StoreError. Three tries within about 2 s, so that a store that is down is still named at once.
 */
export function storeCalls({ place, secrets, ...dialect }: StoreCallOptions): StoreCall {
  const failureOf = (thrown: unknown) => proxiedFailure(thrown, dialect.failureOf(thrown), place);
  const verdictOn = (failure: StoreFailure) => proxyVerdictOn(failure) ?? dialect.verdictOn(failure);
  return async (operation, request) => {
    const once = async (attempt: number) => {
      try {
        return await request(attempt);
      } catch (thrown) {
        throw thrown instanceof StoreError ? thrown : new StoreRefusal(failureOf(thrown));
      }
    };
    try {
      return await pRetry(once, {
        retries: 2,
        minTimeout: 250,
        factor: 3,
        randomize: true,
        shouldRetry: ({ error, attemptNumber }) =>
          error instanceof StoreRefusal &&
          (isPassing(verdictOn(error.failure), error.failure) ||
            // One of a thousand deletions that gets no answer must not end them all.
            (operation.verb === "delete" && error.failure.code === "ETIMEDOUT" && attemptNumber === 1)),
      });
    } catch (thrown) {
      if (!(thrown instanceof StoreRefusal)) throw thrown;
      const { failure } = thrown;
      // No `cause`: the vendors' errors carry the request's headers, and with them the session token.
      throw new StoreError({
        ...explainFailure(verdictOn(failure), failure, operation, place),
        vendorCode: failure.code,
        what: clauseOf(operation, place),
        said: redacted(wordsOf(failure), secrets),
      });
    }
  };
}

function clauseOf({ verb, subject, more = "" }: StoreOperation, { address }: StorePlace): string {
  if (!subject) return `cannot ${verb} ${address}`;
  return `cannot ${verb} ${JSON.stringify(subject)}${more} ${verb === "write" ? "to" : "in"} ${address}`;
}

function wordsOf({ said, code }: StoreFailure): string {
  const words = said.trim().replace(/[.\s]+$/, "");
  return words === "" || words.includes(code) ? words || code : `${words} (${code})`;
}

function redacted(words: string, secrets: StoreCallOptions["secrets"]): string {
  return secrets.reduce<string>(
    (text, secret) => (secret ? text.replaceAll(secret, "[secret]") : text),
    words,
  );
}

/**
 * The same failure, or the proxy's where it was that: in its own words (our connections), or in what a proxy that
 * passes requests on answers in the store's stead.
 */
function proxiedFailure(
  thrown: unknown,
  failure: StoreFailure,
  { url, isVendorsProxy = false }: Pick<StorePlace, "url" | "isVendorsProxy">,
): StoreFailure {
  if (isProxyCode(failure.code)) return failure;
  const told = proxyErrorIn(thrown) ?? proxyErrorIn(failure.said);
  if (told) return told;
  if (url === undefined) return failure;
  const proxy = before(url);
  if (!proxy) return failure;
  if (proxy instanceof ProxyError) return proxyErrorIn(proxy) ?? failure;
  const isPassedOn = isVendorsProxy || url.startsWith("http:");
  return (isPassedOn && ofProxy(proxy, failure, url, isVendorsProxy)) || throughProxy(proxy, failure);
}

/** The proxy before it, or what is wrong with its address. */
function before(url: string): Proxy | ProxyError | undefined {
  try {
    return proxyFor(url);
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
}

function ofProxy(
  proxy: Proxy,
  failure: StoreFailure,
  url: string,
  isVendorsProxy: boolean,
): StoreFailure | undefined {
  const { code, said, status, from } = failure;
  const tell = (error: Error) => proxyErrorIn(error) ?? failure;
  if (status === 407) return tell(refusedByProxy(proxy, new URL(url).host, 407));
  // The package connects to the proxy by itself; what it says of the token's server may be true.
  const isConnection = isVendorsProxy && status === undefined && from === undefined;
  if (isConnection && connectionCodes.has(code)) return tell(unreachableProxy(proxy, new Error(said), code));
  const isNobodys = /^Not(S3|Gcs|Azure|Sts)$/.test(code) || /^Http(403|50[234])$/.test(code);
  if (!isNobodys) return undefined;
  return { code: "ERR_PROXY_ANSWER", said: `${shownProxy(proxy)} handed on: ${said}`, status };
}

/** What failed behind the proxy is told with it: the way there is part of what to look at. */
function throughProxy(proxy: Proxy, failure: StoreFailure): StoreFailure {
  if (failure.status !== undefined || !connectionCodes.has(failure.code)) return failure;
  return { ...failure, said: `${failure.said} (through ${shownProxy(proxy)})` };
}

const connectionCodes = new Set([
  ...[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EPIPE",
    "EPROTO",
  ],
  "ETIMEDOUT",
]);

/** What a failure of the proxy means, to whichever store it was. */
function proxyVerdictOn({ code }: StoreFailure): Verdict | undefined {
  if (!isProxyCode(code)) return undefined;
  return {
    code: "Unreachable",
    blame: undefined,
    todo: proxyTodo[code],
    isPassing: isPassingProxyError(code),
  };
}
