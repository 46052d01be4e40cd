import { afterAll, beforeAll, describe, test } from "vitest";
import { requireGo } from "./build/go-version.ts";
import { SandboxUnavailable } from "./build/sandbox-unavailable.ts";
import { requireNode } from "./node/require-node.ts";
import type { ClusterOptions } from "./options.ts";
import type { Sandbox } from "./sandbox.ts";
import { startSandbox } from "./start-sandbox.ts";

/** The first test file on a fresh machine builds all of it. */
export const startTimeoutMs = 40 * 60_000;

/** `describe` for tests that need clusters with a node each: they get a sandbox of their own, once it is up. */
export async function describeOnNodes(
  name: string,
  clusters: (string | Omit<ClusterOptions, "node">)[],
  define: (sandbox: () => Sandbox) => void,
): Promise<void> {
  const unavailable = await whyUnavailable();
  if (unavailable !== undefined) {
    test.skip(`${name} (skipped: ${unavailable})`);
    return;
  }
  describe(name, () => {
    let sandbox: Sandbox | undefined;
    beforeAll(async () => {
      const named = clusters.map((cluster) => (typeof cluster === "string" ? { name: cluster } : cluster));
      sandbox = await startSandbox({ clusters: named.map((cluster) => ({ ...cluster, node: true })) });
    }, startTimeoutMs);
    afterAll(() => sandbox?.stop());

    define(() => {
      if (sandbox) return sandbox;
      throw new Error("The sandbox is up in tests and hooks only.");
    });
  });
}

/** In CI it is a failure. */
async function whyUnavailable(): Promise<string | undefined> {
  try {
    await requireNode();
    await requireGo();
    return undefined;
  } catch (error) {
    if (!(error instanceof SandboxUnavailable) || process.env["CI"]) throw error;
    return error.message;
  }
}
