import type { StoreErrorCode } from "./store-error.ts";
import type { StoreFailure } from "./store-failure.ts";

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
