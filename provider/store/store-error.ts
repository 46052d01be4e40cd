import { Problem } from "../core/errors.ts";

/** What a store's refusal comes down to, whatever the vendor calls it. */
export type StoreErrorCode =
  | "WrongCredentials"
  /** The program has none of its own, where the declared ones exist inside of the cluster only. */
  | "NoOwnCredentials"
  | "Forbidden"
  | "NoSuchBucket"
  | "WrongRegion"
  | "Unreachable"
  | "UntrustedCertificate"
  | "ClockSkew"
  | "PackageMissing"
  /** It cannot be meant as it was written: no server has to be asked. */
  | "BadSetting"
  | "StoreFailed";

/** A store said no, or could not be asked. Carries the vendor's own code, for messages and tests. */
export class StoreError extends Problem {
  override readonly code: StoreErrorCode;
  /** The vendor's own word: `SignatureDoesNotMatch`, `AccessDenied`, `ECONNREFUSED`. */
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

/** Why a request failed, in the words of the vendor or, where nobody spoke its protocol, of Node (`ECONNREFUSED`) or ours (`NotS3`). */
export interface StoreFailure {
  code: string;
  /** The server's words. */
  said: string;
  status?: number | undefined;
  /** The bucket's region, where the server gave it away. */
  region?: string | undefined;
  /** Which server said so, where it was not the store: the one that hands out temporary credentials. */
  from?: "identity" | undefined;
}

/** A failed request, already understood. */
export class StoreRefusal extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure) {
    super(failure.said);
    this.name = "StoreRefusal";
    this.failure = failure;
  }
}

/** Where a request went, as far as a message needs it. */
export interface StorePlace {
  /** `storage.minio` */
  property: string;
  /** What the user calls a path below it. */
  declaredAs: (path: string) => string;
  /** `minio bucket "backups" at http://minio:9000` */
  address: string;
  bucket: string;
  hasEndpoint: boolean;
  /** Without an endpoint: the property that the host's name is made from, `region`. */
  hostFrom?: string;
  /** Where requests are sent to, where that is known before: a proxy may stand before it. */
  url?: string | undefined;
  /** The vendor's package goes to the proxy by connections of its own. */
  isVendorsProxy?: boolean;
}

export interface StoreOperation {
  verb: "inspect" | "read" | "write" | "list" | "delete";
  /** The key or prefix. */
  subject?: string | undefined;
  /** `" and 12 more"` */
  more?: string;
}

/** What one of a vendor's (or Node's) errors means to a user. */
export interface Verdict {
  code: StoreErrorCode;
  /** The property to blame, relative to the store's; "" is the store itself, undefined nothing that was declared. */
  blame: string | undefined | ((place: StorePlace) => string | undefined);
  todo:
    | string
    | ((context: { failure: StoreFailure; operation: StoreOperation; place: StorePlace }) => string);
  isPassing?: boolean;
}

export interface Explanation {
  code: StoreErrorCode;
  property: string | undefined;
  todo: string;
}

/** Who is to blame for a failure, and what helps. */
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

/** What the user calls a field of the store; "" is the store itself. */
export const propertyOf = (
  { property, declaredAs }: Pick<StorePlace, "property" | "declaredAs">,
  field: string,
) => declaredAs(field === "" ? property : `${property}.${field}`);

/** Whether the same request may well succeed a moment later. */
export const isPassing = (verdict: Verdict, { status }: StoreFailure): boolean =>
  verdict.isPassing ?? (status !== undefined && status >= 500);

/**
 * A value for one line of a credential file, without the line break that files and `echo` end with. One inside of it
 * would add lines of its own.
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
