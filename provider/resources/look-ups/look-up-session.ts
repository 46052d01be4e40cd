import { closeClusters } from "../../lifecycle/clusters.ts";
import { forgetSecrets } from "../../redact.ts";
import { closeAgents } from "../../storage/http-agent.ts";

let running = 0;

/**
 * Runs a look-up. It runs in the user's own program, which may live for years (Automation API) and look up every
 * minute. When the last of those that run side by side has ended, their connections are closed, and clusters and
 * secrets are forgotten. The provider's process, which ends with its engine, has no sessions.
 */
export async function lookUpSession<T>(work: () => Promise<T>): Promise<T> {
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    if (running === 0) {
      closeClusters();
      closeAgents();
      forgetSecrets();
    }
  }
}
