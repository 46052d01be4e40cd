import { shortHash } from "../../lifecycle/canonical.ts";
import type { ExecEntry } from "./kubeconfig-fields.ts";
import { type PluginCluster, type PluginCredentials, runPlugin } from "./run-plugin.ts";

/** What each plugin has given, or is about to give, by all that it is run with. */
const given = new Map<string, Promise<PluginCredentials>>();

/**
 * The credentials of a plugin, which all clusters and requests of this process share: it runs once, and again when they
 * have expired. A failure is not kept.
 */
export async function pluginCredentials(
  exec: ExecEntry,
  cluster: PluginCluster | undefined,
): Promise<PluginCredentials> {
  const key = keyOf(exec, cluster);
  const known = given.get(key);
  if (known) {
    const credentials = await known;
    if (credentials.expires === undefined || credentials.expires > Date.now()) return credentials;
    if (given.get(key) === known) given.delete(key);
    return pluginCredentials(exec, cluster);
  }
  const running = runPlugin(exec, cluster);
  given.set(key, running);
  running.catch(() => given.get(key) === running && given.delete(key));
  return running;
}

/** The server has refused them: the next request runs the plugin again, unless another has done so already. */
export async function discardCredentials(
  exec: ExecEntry,
  cluster: PluginCluster | undefined,
  refused: PluginCredentials,
): Promise<void> {
  const key = keyOf(exec, cluster);
  const known = given.get(key);
  if (known && (await known.catch(() => undefined)) === refused && given.get(key) === known)
    given.delete(key);
}

/** For a process that goes on when all that held secrets is over. */
export const forgetPlugins = (): void => given.clear();

const keyOf = (exec: ExecEntry, cluster: PluginCluster | undefined): string =>
  shortHash(32, exec, exec.provideClusterInfo ? cluster : undefined);
