import { buffer } from "node:stream/consumers";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Take } from "../lifecycle/take-parts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import {
  itemOperationsKey,
  resourceListKey,
  restoreItemsKey,
  restoreResultsKey,
  restoreVolumeInfoKey,
  resultsKey,
  volumeInfoKey,
} from "../velero/layout.ts";
import type { DownloadTarget } from "../velero/types.ts";
import { downloadFile } from "./download-file.ts";
import { locationCertificate } from "./location-certificate.ts";

interface VeleroFile {
  kind: DownloadTarget["kind"];
  keyOf: (prefix: string, name: string) => string;
}

const files = {
  results: { kind: "BackupResults", keyOf: resultsKey },
  resourceList: { kind: "BackupResourceList", keyOf: resourceListKey },
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
  const { kind, keyOf }: VeleroFile = files[which];
  const fromStore = async () => store?.get(keyOf(storePrefix, name));
  const fromVelero = () => signedFile({ client, namespace, locationName }, { kind, name }, buffer);
  if (first === "store") return store ? fromStore() : fromVelero();
  return (await fromVelero().catch(nothing)) ?? (await fromStore().catch(nothing));
}

/** A file by a URL that Velero signs, read by `take`; undefined where it cannot be had so. */
export async function signedFile<T>(
  { client, namespace, locationName }: Pick<FilePlace, "client" | "namespace" | "locationName">,
  target: DownloadTarget,
  take: Take<T>,
): Promise<T | undefined> {
  const caCertificate = await locationCertificate(client, namespace, locationName);
  return downloadFile(client, namespace, target, { caCertificate, take });
}

const nothing = (): undefined => undefined;
