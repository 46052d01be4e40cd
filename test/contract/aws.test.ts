import { openAws } from "../../provider/store/aws.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { describeObjectStore } from "./object-store.ts";
import { describeS3Refusals } from "./s3-refusals.ts";
import { describeS3OverTls } from "./s3-tls.ts";
import { minioWitness } from "./s3-road.ts";

describeOnSandbox("aws", ({ minio }) => {
  const settings = (bucket: string) => ({
    bucket,
    endpoint: minio.endpoint,
    credentials: { static: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey } },
  });

  describeObjectStore("the store on AWS's own client", async () => {
    const bucket = await minio.createBucket("contract-aws");
    return { store: openAws(settings(bucket)), witness: minioWitness(minio, bucket) };
  });

  const refusing = { kind: "aws", minio, settings, open: openAws } as const;
  describeS3Refusals(refusing);
  describeS3OverTls(refusing);
});
