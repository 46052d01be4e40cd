import type { Resolved } from "../core/secrets.ts";
import type { Credentials } from "@aws-sdk/client-sts";
import { checkConnection } from "./network-failures.ts";
import { httpAgent } from "./store-connections.ts";
import {
  type AwsStorage,
  roleEndpoint,
  roleRegion,
  type StaticCredentials,
  staticKeys,
  type StsCredentials,
} from "./storage-config.ts";
import { type StoreFailure, type StorePlace, StoreRefusal, importPeer } from "./store-error.ts";

interface TemporaryKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}

/** The program's own access to AWS. It may differ from Velero's. */
export type AwsAccess =
  | { keys: Resolved<StaticCredentials> }
  /** A role that the program assumes with keys that work anywhere. */
  | { keys: Resolved<StaticCredentials>; role: Resolved<StsCredentials> }
  /**
   * The credentials that AWS's SDK finds here, or under a profile. The declared credentials exist only in the cluster.
   */
  | { ambient: { profile?: string | undefined } };

export function awsAccess({ credentials }: Resolved<AwsStorage>): AwsAccess {
  if ("static" in credentials) return { keys: staticKeys(credentials.static) };
  if ("sts" in credentials && credentials.sts.source && "static" in credentials.sts.source) {
    return { keys: staticKeys(credentials.sts.source.static), role: credentials.sts };
  }
  return { ambient: "ambient" in credentials ? credentials.ambient : {} };
}

/**
 * Returns a function that assumes the role. The S3 client calls it again before the keys expire. Failures are marked as
 * those of STS.
 */
export function roleAssumer(
  { keys, role }: { keys: Resolved<StaticCredentials>; role: Resolved<StsCredentials> },
  config: Resolved<AwsStorage>,
  place: StorePlace,
  failureOf: (thrown: unknown) => StoreFailure,
): () => Promise<TemporaryKeys> {
  return async () => {
    const endpoint = roleEndpoint(role, config);
    checkConnection({ ...place, property: `${place.property}.credentials.sts` }, { endpoint: role.endpoint });
    const { STSClient, AssumeRoleCommand } = await importPeer(
      "@aws-sdk/client-sts",
      `${place.property}.credentials.sts`,
      () => import("@aws-sdk/client-sts"),
    );
    const client = new STSClient({
      region: roleRegion(role.roleArn, config.region),
      credentials: keys,
      ...(endpoint !== undefined && { endpoint }),
      requestHandler: {
        httpAgent: httpAgent({ isHttps: false }),
        httpsAgent: httpAgent({ isHttps: true, caCertificate: config.caCertificate }),
      },
      maxAttempts: 1,
    });
    try {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({
          RoleArn: role.roleArn.trim(),
          RoleSessionName: "pulumi-velero",
          ExternalId: role.externalId,
          DurationSeconds: role.durationSeconds,
        }),
      );
      return temporary(Credentials);
    } catch (thrown) {
      const failure = failureOf(thrown);
      throw new StoreRefusal({
        ...failure,
        said: `assuming ${role.roleArn}: ${failure.said}`,
        from: "identity",
      });
    } finally {
      client.destroy();
    }
  };
}

function temporary(answer: Credentials | undefined): TemporaryKeys {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
    // The SDK reads a web page with status 200 as an empty answer.
    throw new StoreRefusal({ code: "NotSts", said: "the answer holds no credentials" });
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration && { expiration: Expiration }),
  };
}
