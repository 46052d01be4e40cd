/** Facts about a bucket. A fact that the credentials may not read is "unknown". */
export interface StoreFacts {
  /** Region of the bucket, or `unknown`. */
  region: string;
  /** Versioning of the bucket: whether the store keeps earlier versions of objects. */
  versioning: "enabled" | "suspended" | "off" | "unknown";
  /** `on` if object lock is enabled for the bucket. */
  objectLock: "on" | "off" | "unknown";
  /** The bucket's own encryption, in the vendor's words, or `unknown`. */
  encryption: string;
  // States of 0.1 have neither this nor `lifecycle`.
  /** Protection of every new object from deletion: default retention, a retention policy, a legal hold. */
  retention?:
    | {
        /** The vendor's word: `GOVERNANCE`, `COMPLIANCE`, `retention policy`, `legal hold`. */
        mode: string;
        /** Number of days. Absent if the protection has no end, or if the store does not return it. */
        days?: number;
        /** True if an object cannot be replaced even by a newer version. */
        forbidsOverwriting: boolean;
      }
    | "none"
    | "unknown";
  /**
   * Lifecycle rules of the bucket that delete objects, or move them to a class from which they must be restored before
   * they can be read. Rules for earlier versions of objects are left out.
   */
  lifecycle?:
    | {
        /** Name of the rule, if it has one. */
        name?: string;
        /** Prefix of the keys that the rule applies to: `east` also matches `east-2/`, and `""` means all. */
        prefix: string;
        /** Action on the objects. */
        does: "deletes" | "archives";
        /** Age in days at which the rule applies. */
        days?: number;
        /** Date on which the rule applies. */
        on?: string;
      }[]
    | "unknown";
}

/** The protection of every object in the bucket from deletion. */
export type Retention = Exclude<StoreFacts["retention"], string | undefined>;

/** A rule for live objects. Rules for earlier versions do no harm, and are left out. */
export type LifecycleRule = Exclude<StoreFacts["lifecycle"], string | undefined>[number];
