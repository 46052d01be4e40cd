import { expect, onTestFinished, test, vi } from "vitest";
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

  test("a clock of this machine that is an hour ahead hinders no request: AWS's client signs by the store's", async () => {
    const store = openMinio(settings(await minio.createBucket("clock")));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    await store.put("east/key", Buffer.from("content"));
    expect((await store.get("east/key"))?.toString()).toBe("content");
  });

  const refusing = { kind: "minio", minio, settings, open: openMinio } as const;
  describeS3Refusals(refusing);
  describeS3OverTls(refusing);
});
