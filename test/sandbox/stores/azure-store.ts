import { ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { AzureDescription } from "../description.ts";
import type { SandboxAzure, SandboxServer } from "../sandbox.ts";
import { uniqueName } from "../unique-name.ts";

export function azureStore(azure: AzureDescription): Omit<SandboxAzure, keyof SandboxServer> {
  const credential = new StorageSharedKeyCredential(azure.account, azure.key);
  const container = (name: string) => new ContainerClient(`${azure.endpoint}/${name}`, credential);
  return {
    ...azure,
    container,

    async createContainer(prefix = "container") {
      const name = uniqueName(prefix);
      await container(name).create();
      return name;
    },

    async blobNames(name, prefix = "") {
      const names: string[] = [];
      for await (const blob of container(name).listBlobsFlat({ prefix })) names.push(blob.name);
      return names.toSorted();
    },
  };
}
