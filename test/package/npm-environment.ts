import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const repository = path.join(import.meta.dirname, "../..");
const exec = promisify(execFile);

/** Where npm gets its packages, and whom it trusts there: the others do not read all of its settings. */
export async function npmEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { stdout: registry } = await exec("npm", ["config", "get", "registry"], { cwd: repository });
  const { stdout: ca } = await exec("npm", ["config", "get", "cafile"], { cwd: repository });
  const { npm_config_registry: _ours, ...env } = process.env;
  return {
    ...env,
    // Yarn and pnpm ask before they install anything where they take a terminal for one.
    CI: "true",
    npm_config_registry: registry.trim(),
    ...(ca.trim() !== "null" && { NODE_EXTRA_CA_CERTS: ca.trim() }),
  };
}
