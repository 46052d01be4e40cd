import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where built binaries are kept: outside of the repository, so that a fresh checkout finds them again. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["PULUMI_VELERO_CACHE"]) return resolve(env["PULUMI_VELERO_CACHE"]);
  const caches = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(caches, "pulumi-velero", "sandbox");
}
