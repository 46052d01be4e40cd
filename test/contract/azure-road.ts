import type { SandboxAzure } from "../sandbox/sandbox.ts";
import type { Witness } from "./object-store.ts";

/**
 * The container by the sandbox's own use of Azure's client: signing requests by hand would be a client of its own. What
 * it shares with the store under test is the package, not a line of ours.
 */
export function azureWitness(azure: SandboxAzure, name: string): Witness {
  const blob = (key: string) => azure.container(name).getBlockBlobClient(key);
  return {
    keys: (prefix) => azure.blobNames(name, prefix),
    content: async (key) => (await blob(key).downloadToBuffer()).toString(),
    write: async (key, content) => void (await blob(key).upload(content, Buffer.byteLength(content))),
  };
}
