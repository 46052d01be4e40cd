import type { Input } from "@pulumi/pulumi";
import type { SecretInput } from "./secrets.ts";

/** A role that is assumed by STS. Its trust policy: {@link iam.awsTrustPolicy}. */
export interface StsCredentialsArgs {
  /** `arn:aws:iam::123456789012:role/velero`, with rights on the bucket. */
  roleArn: Input<string>;
  /**
   * What the role's trust policy demands as `sts:ExternalId`.
   *
   * @default none
   */
  externalId?: Input<string>;
  /**
   * How long each set of temporary keys lasts; they are renewed by themselves.
   *
   * @default 3600, or 900 in Velero
   */
  durationSeconds?: Input<number>;
  /**
   * URL of the STS.
   *
   * @default AWS's; of another store with an `endpoint`: that endpoint
   */
  endpoint?: Input<string>;
  /**
   * Who assumes the role. With `static` the program assumes it as well; else it comes to the bucket with its own AWS
   * credentials.
   *
   * @default `instanceMetadata`
   */
  source?:
    | {
        /** An access key that has no other right than to assume the role. */
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

/** The role that Velero's service account assumes by its token (IRSA). */
export interface WebIdentityArgs {
  /**
   * Role of the service account itself, where the bucket's is another one, in another account.
   *
   * @default `roleArn` at once
   */
  roleArn?: Input<string>;
  /**
   * File with the token in Velero's pod.
   *
   * @default where EKS puts it
   */
  tokenFile?: Input<string>;
}

/** An access key that stays valid until it is revoked. */
export interface StaticCredentialsArgs {
  /** Id of the access key. */
  accessKeyId: SecretInput;
  /** The secret that belongs to the access key. */
  secretAccessKey: SecretInput;
  /**
   * For temporary keys. They die with it, in the clusters, too.
   *
   * @default none
   */
  sessionToken?: SecretInput;
}
