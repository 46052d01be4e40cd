import { join } from "node:path";
import type { MinioDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";

/** The address is of this machine. */
export async function startMinio(
  { dir, binaries, supervisor, signal }: Site,
  address: string,
): Promise<MinioDescription> {
  const minio: MinioDescription = {
    endpoint: `http://${address}:${await freePort()}`,
    accessKey: "sandbox-access-key",
    secretKey: "sandbox-secret-key",
    region: "us-east-1",
  };
  await supervisor.start(processNames.minio, {
    command: binaries.minio,
    args: ["server", "--quiet", "--address", new URL(minio.endpoint).host, join(dir, "minio")],
    env: cleanEnvironment(dir, {
      MINIO_ROOT_USER: minio.accessKey,
      MINIO_ROOT_PASSWORD: minio.secretKey,
      MINIO_REGION: minio.region,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    }),
  });
  await waitForMinio(supervisor, minio, signal);
  return minio;
}

export async function waitForMinio(
  supervisor: Supervisor,
  minio: MinioDescription,
  signal?: AbortSignal,
): Promise<void> {
  const isReady = async () => (await fetch(`${minio.endpoint}/minio/health/ready`)).ok;
  await supervisor.waitUntilReady(processNames.minio, isReady, signal);
}
