import { Problem } from "../errors.ts";

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
