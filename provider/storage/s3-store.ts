import type { ObjectStore, StoredObject, StoreFacts } from "./object-store.ts";
import { regionIn, S3Refusal, unescaped, type S3Failure } from "./s3-answer.ts";
import { s3Calls } from "./s3-calls.ts";
import type { S3Operation, S3Place } from "./s3-errors.ts";

/** The most that one DeleteObjects takes and one ListObjectsV2 gives. */
const batchSize = 1000;

/** The requests of S3 that we use, as a vendor's package makes them: one each, failing as that package fails. */
export interface S3Requests {
  read(key: string): Promise<Buffer>;
  /** With `ifAbsent` by `If-None-Match: *`. */
  write(key: string, body: Buffer, options: { ifAbsent: boolean }): Promise<void>;
  /** One ListObjectsV2. `folders` are whole prefixes, with their slash. */
  page(query: S3PageQuery): Promise<S3Page>;
  /** One DeleteObjects; gives what S3 says of those it did not delete. */
  removeBatch(keys: readonly string[]): Promise<readonly (S3Failure & { key: string })[]>;
  /** Undefined where it cannot be found out. */
  region(): Promise<string | undefined>;
  /** `Status` of the versioning configuration, undefined where there never was one. */
  versioning(): Promise<string | undefined>;
  /** `ObjectLockEnabled`. */
  objectLock(): Promise<string | undefined>;
  /** `SSEAlgorithm` of the first rule. */
  encryption(): Promise<string | undefined>;
}

export interface S3PageQuery {
  prefix: string;
  delimiter: "" | "/";
  /** Of the page before. */
  token: string | undefined;
  limit: number;
}

export interface S3Page {
  objects: StoredObject[];
  folders: string[];
  isTruncated: boolean;
  nextToken: string | undefined;
}

export interface S3StoreOptions {
  place: S3Place;
  /** What must never be seen in a message. */
  secrets: readonly (string | undefined)[];
  /** Loads the vendor's package and makes its client; called once, by the first request. */
  connect: () => Promise<S3Requests>;
  /** Reads what the vendor's package throws. */
  failureOf: (thrown: unknown) => S3Failure;
}

/** The contract on top of S3's requests, the same for whichever package makes them. */
export function s3Store({ place, secrets, connect, failureOf }: S3StoreOptions): ObjectStore {
  const call = s3Calls({ place, secrets, failureOf });
  let connected: Promise<S3Requests> | undefined;
  const connection = () => (connected ??= connect());

  /** Undefined where the credentials may not know, or the store has no such thing. */
  const fact = <T>(request: (s3: S3Requests) => Promise<T>, ifNone?: T): Promise<T | undefined> =>
    call({ verb: "inspect" }, async () => {
      try {
        return await request(await connection());
      } catch (thrown) {
        const { code, status } = failureOf(thrown);
        if (notConfigured.has(code)) return ifNone;
        if (code === "AccessDenied" || code === "NotImplemented" || status === 405) return undefined;
        throw thrown;
      }
    });

  async function read(key: string): Promise<Buffer | undefined> {
    const s3 = await connection();
    try {
      return await s3.read(key);
    } catch (thrown) {
      if (failureOf(thrown).code === "NoSuchKey") return undefined;
      throw thrown;
    }
  }

  async function* pages(prefix: string, delimiter: "" | "/"): AsyncGenerator<S3Page> {
    const operation: S3Operation = { verb: "list", subject: prefix };
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
      const [region, versioning, objectLock, encryption] = await Promise.all([
        fact((s3) => s3.region()),
        fact(async (s3) => (await s3.versioning()) ?? "off"),
        fact(async (s3) => (await s3.objectLock()) ?? "off", "off"),
        fact(async (s3) => (await s3.encryption()) ?? "none", "none"),
        // Finds out that there is no bucket even where the credentials may know none of the rest.
        fact((s3) => s3.page({ prefix: "", delimiter: "/", token: undefined, limit: 1 })),
      ]);
      return {
        region: region ?? "unknown",
        versioning: versionings[versioning ?? ""] ?? "unknown",
        objectLock: objectLock === undefined ? "unknown" : objectLock === "Enabled" ? "on" : "off",
        encryption: encryption ?? "unknown",
      };
    },

    get: (key) => call({ verb: "read", subject: key }, () => read(key)),

    put: (key, content, { ifAbsent = false } = {}) =>
      call({ verb: "write", subject: key }, async (attempt) => {
        const body = Buffer.from(content);
        try {
          await (await connection()).write(key, body, { ifAbsent });
          return true;
        } catch (thrown) {
          if (!ifAbsent || failureOf(thrown).code !== "PreconditionFailed") throw thrown;
          // An earlier try may have written it, and only its answer was lost.
          return attempt > 1 && (await read(key))?.equals(body) === true;
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
          if (!refusal) return;
          // MinIO refuses even wrong keys and regions per object, inside of an answer with status 200.
          const said = unescaped(`${refusal.key}: ${refusal.said}`);
          throw new S3Refusal({ ...refusal, said, region: regionIn({}, said) });
        });
      }
    },
  };
}

/** A listing that ends too early must not pass for a whole one: on it hangs what is deleted, or taken for empty. */
function wholePage(page: S3Page): S3Page {
  if (!page.isTruncated) return { ...page, nextToken: undefined };
  if (page.nextToken) return page;
  throw new S3Refusal({
    code: "TruncatedListing",
    said: "the listing has more pages, but names no next one",
  });
}

/** What S3 answers where a bucket has no such setting. */
const notConfigured = new Set([
  "ObjectLockConfigurationNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
]);

const versionings: Record<string, StoreFacts["versioning"]> = {
  Enabled: "enabled",
  Suspended: "suspended",
  off: "off",
};
