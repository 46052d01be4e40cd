import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GcsDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";

export async function startGcs({ dir, binaries, supervisor, signal }: Site): Promise<GcsDescription> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const root = join(dir, "gcs");
  await mkdir(root);
  await supervisor.start(processNames.gcs, {
    command: binaries["fake-gcs-server"],
    args: [
      "-scheme=http",
      "-host=127.0.0.1",
      `-port=${port}`,
      `-public-host=127.0.0.1:${port}`,
      `-filesystem-root=${root}`,
    ],
    env: cleanEnvironment(dir),
  });
  await waitForGcs(supervisor, endpoint, signal);

  const serviceAccountKey = makeServiceAccountKey(`${supervisor.address.url}/token`);
  const serviceAccountKeyPath = join(dir, "gcs-service-account.json");
  await writeFile(serviceAccountKeyPath, serviceAccountKey, { mode: 0o600 });
  return { endpoint, storeEndpoint: `${endpoint}/storage/v1/`, serviceAccountKey, serviceAccountKeyPath };
}

export async function waitForGcs(
  supervisor: Supervisor,
  endpoint: string,
  signal?: AbortSignal,
): Promise<void> {
  const isReady = async () => (await fetch(`${endpoint}/_internal/healthcheck`)).ok;
  await supervisor.waitUntilReady(processNames.gcs, isReady, signal);
}

/** A key as Google hands it out, but for tokens that are fetched from the sandbox's supervisor. */
function makeServiceAccountKey(tokenUri: string): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return JSON.stringify({
    type: "service_account",
    project_id: "sandbox",
    private_key_id: "sandbox",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    client_email: "velero@sandbox.iam.gserviceaccount.com",
    client_id: "1",
    token_uri: tokenUri,
  });
}
