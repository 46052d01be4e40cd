import { text } from "node:stream/consumers";
import * as s3 from "@aws-sdk/client-s3";
import type { SandboxMinio } from "../sandbox/sandbox.ts";
import type { Witness } from "./object-store.ts";

/** The bucket as MinIO's own client sees it: the other road for what AWS's client does. */
export function minioWitness(minio: SandboxMinio, bucket: string): Witness {
  const client = minio.client();
  return {
    keys: (prefix) => minio.objectKeys(bucket, prefix),
    content: async (key) => text(await client.getObject(bucket, key)),
    write: async (key, content) => void (await client.putObject(bucket, key, Buffer.from(content))),
  };
}

/** For what only AWS's client can set up. */
export function awsClient({ endpoint, region, accessKey, secretKey }: SandboxMinio): s3.S3Client {
  return new s3.S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
}
