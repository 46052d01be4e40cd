import pRetry from "p-retry";
import { type Arrivals, type Parts, type Take, takeParts } from "../core/arrivals.ts";
import {
  proxyFor,
  isPassingProxyError,
  isProxyCode,
  type Proxy,
  ProxyError,
  proxyErrorIn,
  proxyTodo,
  refusedByProxy,
  shownProxy,
  unreachableProxy,
} from "../proxy/proxy-for.ts";
import type { LifecycleRule, StoreFacts } from "../../model/store-facts.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";
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

/** The maximum that S3 deletes, and any store lists, in one request. */
const batchSize = 1000;

/** The requests of a vendor's package that we use. They fail as that package fails. */
export interface StoreRequests {
  /** Returns the parts of the object. The first part may throw the failure of the request. */
  read(key: string): Promise<Parts>;
  /** With `ifAbsent`, the server itself checks the condition. */
  write(key: string, body: Buffer, options: { ifAbsent: boolean }): Promise<void>;
  /** `folders` are whole prefixes, with the slash at the end. */
  page(query: PageQuery): Promise<Page>;
  /** Fails for the first object that the store did not delete. */
  removeBatch(keys: readonly string[]): Promise<void>;
  /** Undefined if it cannot be found out. The same is true for the other facts. */
  region(): Promise<string | undefined>;
  versioning(): Promise<StoreFacts["versioning"] | undefined>;
  objectLock(): Promise<LockFacts | undefined>;
  encryption(): Promise<string | undefined>;
  lifecycle(): Promise<LifecycleRule[] | undefined>;
}

export type LockFacts = Required<Pick<StoreFacts, "objectLock" | "retention">>;

/** Interprets a vendor's failures. */
export interface Dialect {
  /** Reads an error of the vendor's package. */
  failureOf: (thrown: unknown) => StoreFailure;
  verdictOn: (failure: StoreFailure) => Verdict;
  /** Returns true if the object certainly does not exist. */
  isAbsent: (failure: StoreFailure) => boolean;
  /** Returns true if a write with `ifAbsent` found an existing object. */
  isTaken: (failure: StoreFailure) => boolean;
  /** Returns true if the bucket has no such setting: no object lock, no encryption, no lifecycle. */
  isUnset?: (failure: StoreFailure) => boolean;
  /** Returns true if the credentials may not read this fact, or the store does not support it. */
  isHidden: (failure: StoreFailure) => boolean;
}

export interface PageQuery {
  prefix: string;
  delimiter: "" | "/";
  /** The token of the previous page. */
  token: string | undefined;
  limit: number;
}

export interface Page {
  objects: StoredObject[];
  folders: string[];
  isTruncated: boolean;
  nextToken: string | undefined;
}

interface RequestStoreOptions {
  place: StorePlace;
  /** Secrets that no message may contain. */
  secrets: readonly (string | undefined)[];
  /** Loads the vendor's package and makes its client. The first request calls it, once. */
  connect: () => Promise<StoreRequests>;
  arrivals: Arrivals;
  dialect: Dialect;
}

/** Implements the contract on a store's requests. The code is the same for all vendors' packages. */
export function requestStore({
  place,
  secrets,
  connect,
  arrivals,
  dialect,
}: RequestStoreOptions): ObjectStore {
  const { failureOf } = dialect;
  const call = storeCalls({ place, secrets, failureOf, verdictOn: dialect.verdictOn });
  let connected: Promise<StoreRequests> | undefined;
  const connection = () => (connected ??= connect());

  /** Returns undefined if the credentials may not read the fact, or the store does not support it. */
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

  /** A failure of `take` is not a failure of the store, and is not retried. */
  async function read<T>(key: string, take: Take<T>): Promise<Answer<T>> {
    const store = await connection();
    const taken = await takeParts(arrivals, () => store.read(key), take);
    if (!("broken" in taken)) return taken;
    const failure = failureOf(taken.broken);
    if (dialect.isAbsent(failure) || (await isListedAway(store, key, failure))) return { value: undefined };
    throw taken.broken;
  }

  const readWhole = async (key: string): Promise<Buffer | undefined> => given(await read(key, collect));

  /** For keys that may not list the whole bucket, S3 returns "forbidden" for a missing object. */
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
        // This finds a missing bucket even if the credentials may not read the other facts.
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
          // An earlier attempt may have written it, and its response was lost.
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
        // Consoles create an object with the name of the folder itself to show an empty folder.
        found.objects.push(...objects.map(({ key }) => key.slice(prefix.length)).filter(Boolean));
      }
      // S3 sorts folders by their name with its slash: east-2/ before east/.
      return { folders: found.folders.toSorted(), objects: found.objects };
    },

    async remove(keys) {
      for (let start = 0; start < keys.length; start += batchSize) {
        const batch = keys.slice(start, start + batchSize);
        const more = batch.length > 1 ? ` and ${batch.length - 1} more` : "";
        await call({ verb: "delete", subject: batch[0], more }, async () =>
          (await connection()).removeBatch(batch),
        );
      }
    },
  };
}

/** The value is undefined if the object does not exist. */
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

/** Checks that a listing is complete. Deletions, and the check that a prefix is empty, depend on it. */
function wholePage(page: Page): Page {
  if (!page.isTruncated) return { ...page, nextToken: undefined };
  if (page.nextToken) return page;
  throw new StoreRefusal({
    code: "TruncatedListing",
    said: "the listing has more pages, but names no next one",
  });
}

/** Runs one request. `attempt` counts from 1. Fails with a StoreError. */
type StoreCall = <T>(operation: StoreOperation, request: (attempt: number) => Promise<T>) => Promise<T>;

interface StoreCallOptions {
  place: StorePlace;
  /** Secrets that no message may contain. */
  secrets: readonly (string | undefined)[];
  /** Reads an error of the vendor's package. */
  failureOf: (thrown: unknown) => StoreFailure;
  verdictOn: (failure: StoreFailure) => Verdict;
}

/**
 * Runs every client's requests. It retries failures that may pass, and is the only place that turns an error into a
 * StoreError. It makes three attempts within about 2 s, so that an unavailable store is reported quickly.
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
            // A timeout of one in a thousand deletions must not end all of them.
            (operation.verb === "delete" && error.failure.code === "ETIMEDOUT" && attemptNumber === 1)),
      });
    } catch (thrown) {
      if (!(thrown instanceof StoreRefusal)) throw thrown;
      const { failure } = thrown;
      // There is no `cause`: the vendors' errors have the request's headers, which contain the session token.
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
 * Returns the failure, or the proxy's failure if the proxy caused it. That is an error of our own connections, or a
 * response that a forwarding proxy gives instead of the store.
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

/** Returns the proxy for a URL, or the error in its address. */
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
  // The package connects to the proxy itself. Its failures of the token server may be correct.
  const isConnection = isVendorsProxy && status === undefined && from === undefined;
  if (isConnection && connectionCodes.has(code)) return tell(unreachableProxy(proxy, new Error(said), code));
  const isNobodys = /^Not(S3|Gcs|Azure|Sts)$/.test(code) || /^Http(403|50[234])$/.test(code);
  if (!isNobodys) return undefined;
  return { code: "ERR_PROXY_ANSWER", said: `${shownProxy(proxy)} handed on: ${said}`, status };
}

/** Adds the proxy to a failure behind it, because the proxy may be a part of the cause. */
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

/** Returns what a failure of the proxy means, for any store. */
function proxyVerdictOn({ code }: StoreFailure): Verdict | undefined {
  if (!isProxyCode(code)) return undefined;
  return {
    code: "Unreachable",
    blame: undefined,
    todo: proxyTodo[code],
    isPassing: isPassingProxyError(code),
  };
}
