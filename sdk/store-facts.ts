/** What kind of bucket it is; what the credentials may not read is "unknown". */
export interface StoreFacts {
  /** Region of the bucket, or `unknown`. */
  region: string;
  /** Whether the store keeps earlier versions of objects. */
  versioning: "enabled" | "suspended" | "off" | "unknown";
  /** Whether object lock is enabled for the bucket. */
  objectLock: "on" | "off" | "unknown";
  /** The bucket's own encryption, in the vendor's words, or `unknown`. */
  encryption: string;
  /** What keeps every new object from being deleted: default retention, a retention policy, a legal hold. */
  retention?:
    | {
        /** The vendor's word: `GOVERNANCE`, `COMPLIANCE`, `retention policy`, `legal hold`. */
        mode: string;
        /**
         * Number of days. Absent where it lasts as long as it is set, or the store does not tell.
         */
        days?: number;
        /** True where not even a newer version can take an object's place. */
        forbidsOverwriting: boolean;
      }
    | "none"
    | "unknown";
  /** Lifecycle rules of the bucket that delete what is there, or move it to where it must be thawed to be read. */
  lifecycle?:
    | {
        /** Name of the rule, where it has one. */
        name?: string;
        /** Beginning of the keys to which the rule applies; `""` is all. */
        prefix: string;
        /** What becomes of the objects. */
        does: "deletes" | "archives";
        /** Age in days at which it happens. */
        days?: number;
        /** Date on which it happens. */
        on?: string;
      }[]
    | "unknown";
}
