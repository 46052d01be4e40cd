import type { LifecycleRule, ObjectStore, StoredObject, StoreFacts } from "./object-store.ts";
import { type Parts, type Take, takeParts } from "../lifecycle/take-parts.ts";
import { storeCalls } from "./store-calls.ts";
import { StoreRefusal, type StoreFailure } from "./store-failure.ts";
import type { StoreOperation, StorePlace, Verdict } from "./verdict.ts";

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
