import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { AzureDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";

/** Azurite, Microsoft's own emulator of Blob Storage, with one account. */
export async function startAzure({ dir, supervisor, signal }: Site): Promise<AzureDescription> {
  const [account, key] = ["sandbox", randomBytes(64).toString("base64")];
  const port = await freePort();
  const location = join(dir, "azurite");
  await mkdir(location);
  const azurite = dirname(createRequire(import.meta.url).resolve("azurite/package.json"));
  await supervisor.start(processNames.azure, {
    command: process.execPath,
    args: [
      join(azurite, "dist/src/blob/main.js"),
      "--blobHost=127.0.0.1",
      `--blobPort=${port}`,
      `--location=${location}`,
      "--skipApiVersionCheck",
      "--disableTelemetry",
      "--silent",
    ],
    env: cleanEnvironment(dir, { AZURITE_ACCOUNTS: `${account}:${key}` }),
  });
  const azure = { endpoint: `http://127.0.0.1:${port}/${account}`, account, key };
  await waitForAzure(supervisor, azure, signal);
  return azure;
}

/** Ready is a server that answers, if only to refuse a request without a signature. */
export async function waitForAzure(
  supervisor: Supervisor,
  { endpoint }: AzureDescription,
  signal?: AbortSignal,
): Promise<void> {
  const isReady = async () => (await fetch(`${endpoint}?comp=list`)).status === 403;
  await supervisor.waitUntilReady(processNames.azure, isReady, signal);
}
