import type { KubernetesClient } from "../kubernetes/client.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import {
  itemOperationsKey,
  resourceListKey,
  restoreItemsKey,
  restoreResultsKey,
  restoreVolumeInfoKey,
  resultsKey,
  tarballKey,
  volumeInfoKey,
} from "../velero/layout.ts";
import type { DownloadTarget } from "../velero/types.ts";
import { downloadFile } from "./download-file.ts";
import { locationCertificate } from "./location-certificate.ts";

interface VeleroFile {
  kind: DownloadTarget["kind"];
  keyOf: (prefix: string, name: string) => string;
  /** The time that it may take, if that is longer than usual. */
  wholeMs?: number;
}

const files = {
  results: { kind: "BackupResults", keyOf: resultsKey },
  resourceList: { kind: "BackupResourceList", keyOf: resourceListKey },
  // The one that can be large.
  contents: { kind: "BackupContents", keyOf: tarballKey, wholeMs: 120_000 },
  volumeInfo: { kind: "BackupVolumeInfos", keyOf: volumeInfoKey },
  itemOperations: { kind: "BackupItemOperations", keyOf: itemOperationsKey },
  restoreResults: { kind: "RestoreResults", keyOf: restoreResultsKey },
  restoreItems: { kind: "RestoreResourceList", keyOf: restoreItemsKey },
  restoreVolumeInfo: { kind: "RestoreVolumeInfo", keyOf: restoreVolumeInfoKey },
} as const satisfies Record<string, VeleroFile>;

export interface FilePlace {
  client: KubernetesClient;
  namespace: string;
  locationName: string;
  storePrefix: string;
  /** Of the Backup or Restore. */
  name: string;
  /** The program's own way there, where it has one. */
  store: ObjectStore | undefined;
}

/**
 * A file that Velero has stored with a backup or a restore, or undefined where there is none to be had.
 *
 * `store` first: from Velero only where the program has no way to the store, so that nothing is written to the cluster
 * for it; failures are told. `velero` first: from whoever gives it, by whatever way, and none of their failures.
 */
export async function veleroFile(
  which: keyof typeof files,
  { client, namespace, locationName, storePrefix, name, store }: FilePlace,
  first: "store" | "velero",
): Promise<Buffer | undefined> {
  const { kind, keyOf, wholeMs }: VeleroFile = files[which];
  const fromStore = async () => store?.get(keyOf(storePrefix, name));
  const fromVelero = async () => {
    const caCertificate = await locationCertificate(client, namespace, locationName);
    return downloadFile(client, namespace, { kind, name }, { caCertificate, ...(wholeMs && { wholeMs }) });
  };
  if (first === "store") return store ? fromStore() : fromVelero();
  return (await fromVelero().catch(nothing)) ?? (await fromStore().catch(nothing));
}

const nothing = (): undefined => undefined;
