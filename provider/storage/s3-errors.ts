import type { StoreErrorCode } from "./store-error.ts";
import type { S3Failure } from "./s3-answer.ts";
import { verdictOn } from "./s3-verdicts.ts";

/** Where a request went, as far as a message needs it. */
export interface S3Place {
  /** `storage.minio` */
  property: string;
  /** `minio bucket "backups" at http://minio:9000` */
  address: string;
  bucket: string;
  /** Whether an endpoint was given: without one a host that does not exist is a misspelt region. */
  hasEndpoint: boolean;
}

export interface S3Operation {
  verb: "inspect" | "read" | "write" | "list" | "delete";
  /** The key or prefix. */
  subject?: string | undefined;
  /** `" and 12 more"` */
  more?: string;
}

export interface S3Explanation {
  code: StoreErrorCode;
  property: string | undefined;
  todo: string;
}

/** Who is to blame for a failure, and what helps. */
export function explainS3Failure(failure: S3Failure, operation: S3Operation, place: S3Place): S3Explanation {
  const { code, blame, todo } = verdictOn(failure);
  const field = typeof blame === "function" ? blame(place) : blame;
  return {
    code,
    property: field === undefined ? undefined : field === "" ? place.property : `${place.property}.${field}`,
    todo: typeof todo === "string" ? todo : todo({ failure, operation, place }),
  };
}

/** Whether the same request may well succeed a moment later. */
export function isPassing(failure: S3Failure): boolean {
  return verdictOn(failure).isPassing ?? (failure.status !== undefined && failure.status >= 500);
}
