import type { Input } from "@pulumi/pulumi";
import type { SecretInput } from "./secrets.ts";

/** A role that is assumed through STS. For its trust policy, see {@link iam.awsTrustPolicy}. */
export interface StsCredentialsArgs {
  /** ARN of the role, with permissions on the bucket: `arn:aws:iam::123456789012:role/velero`. */
  roleArn: Input<string>;
  /**
   * The `sts:ExternalId` that the role's trust policy requires.
   *
   * @default none
   */
  externalId?: Input<string>;
  /**
   * Validity of each set of temporary keys, in seconds. They are renewed automatically.
   *
   * @default 3600, or 900 in Velero
   */
  durationSeconds?: Input<number>;
  /**
   * URL of the STS.
   *
   * @default AWS's; for another store with an `endpoint`, that endpoint
   */
  endpoint?: Input<string>;
  /**
   * The identity that assumes the role. With `static`, the program assumes it as well. Otherwise it accesses the bucket
   * with its own AWS credentials.
   *
   * @default `instanceMetadata`
   */
  source?:
    | {
        /** An access key whose only permission is to assume the role. */
        static: StaticCredentialsArgs;
      }
    | {
        /** The role of the node on which Velero runs. */
        instanceMetadata: Record<string, never>;
      }
    | {
        /** The token of Velero's service account (IRSA). */
        webIdentity: WebIdentityArgs;
      };
}

/** The role that Velero's service account assumes with its token (IRSA). */
export interface WebIdentityArgs {
  /**
   * Role of the service account itself, if the bucket's role is another one, in another account.
   *
   * @default `roleArn` is assumed directly
   */
  roleArn?: Input<string>;
  /**
   * File with the token in Velero's pod.
   *
   * @default the path that EKS uses
   */
  tokenFile?: Input<string>;
}

/** An access key that stays valid until it is revoked. */
export interface StaticCredentialsArgs {
  /** Id of the access key. */
  accessKeyId: SecretInput;
  /** Secret of the access key. */
  secretAccessKey: SecretInput;
  /**
   * Session token of temporary keys. When it expires, access ends in the clusters as well.
   *
   * @default none
   */
  sessionToken?: SecretInput;
}
