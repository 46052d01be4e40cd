import { Problem } from "../core/errors.ts";

/** The meaning of a store's failure, independent of the vendor. */
export type StoreErrorCode =
  | "WrongCredentials"
  /** The program has no credentials of its own, and the declared ones exist only in the cluster. */
  | "NoOwnCredentials"
  | "Forbidden"
  | "NoSuchBucket"
  | "WrongRegion"
  | "Unreachable"
  | "UntrustedCertificate"
  | "ClockSkew"
  | "PackageMissing"
  /** The declared value is invalid. No request was made. */
  | "BadSetting"
  | "StoreFailed";

/** The failure of a request to a store. It has the vendor's own code, for messages and tests. */
export class StoreError extends Problem {
  override readonly code: StoreErrorCode;
  /** The vendor's own code: `SignatureDoesNotMatch`, `AccessDenied`, `ECONNREFUSED`. */
  readonly vendorCode: string;

  constructor(parts: {
    code: StoreErrorCode;
    vendorCode: string;
    what: string;
    property?: string;
    said?: string;
    todo?: string;
    cause?: unknown;
  }) {
    super(parts);
    this.name = "StoreError";
    this.code = parts.code;
    this.vendorCode = parts.vendorCode;
  }
}

/**
 * The reason why a request failed. The code is the vendor's, or Node's (`ECONNREFUSED`) or ours (`NotS3`) if the server
 * did not speak the vendor's protocol.
 */
export interface StoreFailure {
  code: string;
  /** The server's message. */
  said: string;
  status?: number | undefined;
  /** The region of the bucket, if the server returned it. */
  region?: string | undefined;
  /** The server that failed, if it was not the store: the one that issues temporary credentials. */
  from?: "identity" | undefined;
}

/** A failed request whose failure was read already. */
export class StoreRefusal extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure) {
    super(failure.said);
    this.name = "StoreRefusal";
    this.failure = failure;
  }
}

/** The target of a request, as far as a message needs it. */
export interface StorePlace {
  /** The path of the store's property: `storage.minio`. */
  property: string;
  /** Returns the user's name of a path below `property`. */
  declaredAs: (path: string) => string;
  /** The store in words: `minio bucket "backups" at http://minio:9000`. */
  address: string;
  bucket: string;
  hasEndpoint: boolean;
  /** Without an endpoint: the property that the host name is made from, such as `region`. */
  hostFrom?: string;
  /** The URL of requests, if it is known before: it decides about a proxy. */
  url?: string | undefined;
  /** True if the vendor's package opens its own connections to the proxy. */
  isVendorsProxy?: boolean;
}

export interface StoreOperation {
  verb: "inspect" | "read" | "write" | "list" | "delete";
  /** The key or prefix. */
  subject?: string | undefined;
  /** The rest of a batch in words: `" and 12 more"`. */
  more?: string;
}

/** The meaning of a vendor's or Node's error for the user. */
export interface Verdict {
  code: StoreErrorCode;
  /**
   * The property to blame, relative to the store's. "" is the store itself. Undefined means that no property is to
   * blame.
   */
  blame: string | undefined | ((place: StorePlace) => string | undefined);
  todo:
    | string
    | ((context: { failure: StoreFailure; operation: StoreOperation; place: StorePlace }) => string);
  isPassing?: boolean;
}

/** A row of a table of failures: the vendor's codes, divided by spaces, and what they mean. */
type FailureRow = Verdict & { codes: string };

/** Returns a table's rows by each of their codes. */
export const byCode = (rows: readonly FailureRow[]): Readonly<Record<string, Verdict>> =>
  Object.fromEntries(
    rows.flatMap(({ codes, ...verdict }) => codes.split(" ").map((code) => [code, verdict] as const)),
  );

interface Explanation {
  code: StoreErrorCode;
  property: string | undefined;
  todo: string;
}

/** Returns the property to blame for a failure, and the remedy. */
export function explainFailure(
  { code, blame, todo }: Verdict,
  failure: StoreFailure,
  operation: StoreOperation,
  place: StorePlace,
): Explanation {
  const field = typeof blame === "function" ? blame(place) : blame;
  return {
    code,
    property: field === undefined ? undefined : propertyOf(place, field),
    todo: typeof todo === "string" ? todo : todo({ failure, operation, place }),
  };
}

/** Returns the user's name of a field of the store. "" is the store itself. */
export const propertyOf = (
  { property, declaredAs }: Pick<StorePlace, "property" | "declaredAs">,
  field: string,
) => declaredAs(field === "" ? property : `${property}.${field}`);

/** Returns true if the same request may succeed a moment later. */
export const isPassing = (verdict: Verdict, { status }: StoreFailure): boolean =>
  verdict.isPassing ?? (status !== undefined && status >= 500);

/**
 * Returns a value for one line of a credential file, without the line break that files and `echo` end with. It refuses
 * a line break inside the value, which would add lines to the file.
 */
export function oneLine(value: string, property: string): string {
  const line = value.trim();
  if (!/[\r\n]/.test(line)) return line;
  throw new StoreError({
    code: "WrongCredentials",
    vendorCode: "BadSetting",
    property,
    what: "holds a line break, which no key does",
    todo: "Give the key alone, not the file that it stands in.",
  });
}

/**
 * Loads a vendor's package on first use. It is an optional peer dependency: a user with backups in Azure need not
 * install AWS's SDK. `load` is `() => import("@aws-sdk/client-s3")`, so that the specifier is only in the file that uses the
 * package.
 */
export async function importPeer<Module>(
  name: string,
  property: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (thrown) {
    const isMissing = isModuleNotFound(thrown) && thrown.message.includes(`'${name}'`);
    throw new StoreError({
      code: "PackageMissing",
      vendorCode: isMissing ? "ERR_MODULE_NOT_FOUND" : "ERR_MODULE_BROKEN",
      property,
      what: isMissing
        ? `needs the npm package ${name}, which is not installed`
        : `the npm package ${name} cannot be loaded`,
      ...(isMissing ? {} : { said: thrown instanceof Error ? thrown.message : String(thrown) }),
      todo: `Run \`npm install ${name}\` in the Pulumi program's folder.`,
      cause: thrown,
    });
  }
}

/** `import()` and `require()` have different codes. */
function isModuleNotFound(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    (thrown.code === "ERR_MODULE_NOT_FOUND" || thrown.code === "MODULE_NOT_FOUND")
  );
}
