import type { TestProject } from "vitest/node";
import { SandboxUnavailable } from "./build/sandbox-unavailable.ts";
import type { SandboxDescription } from "./description.ts";
import { startSandbox } from "./start-sandbox.ts";

declare module "vitest" {
  interface ProvidedContext {
    sandbox: SandboxDescription | { unavailable: string };
  }
}

/** One sandbox for all test files of a run. Where it cannot be built the tests are skipped by name, but in CI they fail. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  try {
    const sandbox = await startSandbox({
      gcs: true,
      azure: true,
      kubernetesPlugin: process.env["KUBERNETES_PLUGIN"] === "true",
    });
    provide("sandbox", sandbox.description);
    return () => sandbox.stop();
  } catch (error) {
    if (!(error instanceof SandboxUnavailable) || process.env["CI"]) throw error;
    // Reporters may count skipped tests without naming them.
    console.warn(`Tests on the real stack are skipped: ${error.message}`);
    provide("sandbox", { unavailable: error.message });
    return undefined;
  }
}
