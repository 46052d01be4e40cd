import { openMinio } from "../../provider/store/minio.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { describeObjectStore } from "./object-store.ts";
import { describeS3Refusals } from "./s3-refusals.ts";
import { describeS3OverTls } from "./s3-tls.ts";
import { minioWitness } from "./s3-road.ts";

describeOnSandbox("minio", ({ minio }) => {
  const settings = (bucket: string) => ({
    bucket,
    endpoint: minio.endpoint,
    credentials: { static: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey } },
  });

  describeObjectStore("the preset of a MinIO server", async () => {
    const bucket = await minio.createBucket("contract-minio");
    return { store: openMinio(settings(bucket)), witness: minioWitness(minio, bucket) };
  });

  const refusing = { kind: "minio", minio, settings, open: openMinio } as const;
  describeS3Refusals(refusing);
  describeS3OverTls(refusing);
});
