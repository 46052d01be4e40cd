import { Client } from "minio";
import { AssumeRoleProvider } from "minio/dist/esm/AssumeRoleProvider.mjs";
import type { MinioDescription } from "../description.ts";
import type { MinioUser, SandboxMinio, SandboxServer, TemporaryCredentials } from "../sandbox.ts";
import { uniqueName } from "../unique-name.ts";
import { createMinioUser } from "./create-minio-user.ts";

export function minioStore(minio: MinioDescription): Omit<SandboxMinio, keyof SandboxServer> {
  const client = (credentials?: MinioUser | TemporaryCredentials) => clientOf({ ...minio, ...credentials });
  return {
    ...minio,
    client,

    async createBucket(prefix = "bucket") {
      const name = uniqueName(prefix);
      await client().makeBucket(name, minio.region);
      return name;
    },

    async objectKeys(bucket, prefix = "") {
      const objects = await client().listObjectsV2(bucket, prefix, true).toArray();
      return (objects as { name: string }[]).map(({ name }) => name).toSorted();
    },

    async temporaryCredentials(policy) {
      const provider = new AssumeRoleProvider({
        stsEndpoint: minio.endpoint,
        accessKey: minio.accessKey,
        secretKey: minio.secretKey,
        region: minio.region,
        ...(policy && { policy: JSON.stringify(policy) }),
      });
      const { accessKey, secretKey, sessionToken = "" } = await provider.getCredentials();
      return { accessKey, secretKey, sessionToken };
    },

    createUser: (policy) => createMinioUser(client(), minio, policy),
  };
}

function clientOf({
  endpoint,
  accessKey,
  secretKey,
  sessionToken,
  region,
}: MinioDescription & Partial<TemporaryCredentials>) {
  const { hostname, port } = new URL(endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey,
    secretKey,
    region,
    ...(sessionToken && { sessionToken }),
  });
}
