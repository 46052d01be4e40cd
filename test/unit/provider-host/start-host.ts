import { afterAll, beforeAll, onTestFinished } from "vitest";
import { ProgramFolder } from "../../engine/program-folder.ts";
import type { PropertyMap } from "../../engine/provider-host.ts";
import { ProviderHost, type ProviderHostOptions } from "../../engine/provider-host.ts";

interface Started {
  host: ProviderHost;
  stop: () => Promise<void>;
}

/** The SDK's own provider process, with the package as it is published. */
function start(env: Record<string, string>, options: Partial<ProviderHostOptions> = {}): Started {
  const folder = new ProgramFolder({ files: { "index.js": "" } }, "contract");
  const host = new ProviderHost({
    programDirectory: folder.directory,
    project: "contract",
    env: { ...process.env, ...env },
    onLine: () => undefined,
    ...options,
  });
  async function stop(): Promise<void> {
    await host.stop();
    folder.dispose();
  }
  return { host, stop };
}

/** For one test. */
export function startHost(
  env: Record<string, string> = {},
  options: Partial<ProviderHostOptions> = {},
): ProviderHost {
  const { host, stop } = start(env, options);
  onTestFinished(stop);
  return host;
}

/** For all tests of a `describe`. */
export function sharedHost(env: Record<string, string> = {}): () => ProviderHost {
  let started: Started | undefined;
  beforeAll(() => void (started = start(env)));
  afterAll(() => started?.stop());
  return () => {
    if (!started) throw new Error("there is a provider process only while tests run");
    return started.host;
  };
}

export const codeOf = (kind: string): PropertyMap => ({
  __provider: `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`,
});
