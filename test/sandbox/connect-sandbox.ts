import type { SandboxDescription } from "./description.ts";
import type { Sandbox } from "./sandbox.ts";
import { sandboxFrom } from "./sandbox-from.ts";

/** Uses a sandbox that another process has started. */
export function connectSandbox(description: SandboxDescription): Sandbox {
  return sandboxFrom(description, async () => undefined);
}
