import { describe, inject, test } from "vitest";
import { connectSandbox } from "./connect-sandbox.ts";
import type { Sandbox } from "./sandbox.ts";

/** `describe` for tests that need the real stack: they get the one that all test files share. */
export function describeOnSandbox(name: string, define: (sandbox: Sandbox) => void): void {
  const given = inject("sandbox");
  if ("unavailable" in given) {
    test.skip(`${name} (skipped: ${given.unavailable})`);
    return;
  }
  describe(name, () => define(connectSandbox(given)));
}
