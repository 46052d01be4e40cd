import { parseDuration } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { ownersOf } from "../../core/identity.ts";
import type { Fingerprinter } from "../../core/secrets.ts";
import { shortHash } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ensure } from "../../kubernetes/ensure.ts";
import { secrets } from "../../kubernetes/resources.ts";
import { ours } from "../../rules/one-key-per-cluster.ts";
import type {
  ClusterLocationInputs,
  ClusterLocationOutputs,
  KeptParts,
  LocationPart,
  Sent,
} from "../../schemas/cluster-location.ts";
import { trimSlashes } from "../../store/coordinates.ts";
import { pluginConfig } from "../../store/plugin-config.ts";
import type { ExistingSecret } from "../../store/storage-config.ts";
import { existingSecretOf, kindOf, resolveStorage, type StoreAccess } from "../../store/store-access.ts";
import {
  CREDENTIAL_KEY,
  credentialManifest,
  frequencyOf,
  locationManifest,
  type LocationParts,
  type Secret,
  USUAL_FREQUENCY,
} from "../../velero/manifests.ts";
import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";

/** The store's settings for Velero's plugin, and the Secret with the credentials. */
export interface VeleroStore {
  parts: Pick<LocationParts, "plugin" | "credential">;
  /** True if our Secret was created or changed now. */
  rotated: boolean;
  /** The content of our Secret, if there is one. */
  credentialFile?: string;
}

/** Gives the Velero in that cluster its access to the store, with a Secret of that name if it needs one of ours. */
export async function ensureVeleroStore(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  way: StoreAccess,
  secretName: string,
): Promise<VeleroStore> {
  const { parts, credentialFile } = await veleroStore(client, desired, way, secretName);
  if (credentialFile === undefined) return { parts, rotated: false };
  const { changed } = await ensure(
    client,
    secrets,
    credentialManifest(ours(desired, secretName), credentialFile),
    {
      owners: ownersOf(desired),
    },
  );
  return { parts, rotated: changed, credentialFile };
}

/** Returns the desired settings and credentials. It only reads. */
export async function veleroStore(
  client: KubernetesClient,
  { namespace }: Pick<ClusterLocationOutputs, "namespace">,
  way: StoreAccess,
  secretName: string,
): Promise<Omit<VeleroStore, "rotated">> {
  const storage = resolveStorage(client.session.secrets, way.storage, way.declaredAs);
  const existing = existingSecretOf(storage);
  if (existing) {
    const file = await contentOf(existing, client, namespace, way);
    const { credentialFile: _none, ...plugin } = pluginConfig(storage, file);
    return { parts: { plugin, credential: existing } };
  }
  const { credentialFile, ...plugin } = pluginConfig(storage);
  if (credentialFile === undefined) return { parts: { plugin } };
  return { parts: { plugin, credential: { name: secretName, key: CREDENTIAL_KEY } }, credentialFile };
}

/**
 * Reads the user's Secret before anything is created: a location without its Secret is Unavailable, and Velero reports
 * that late.
 */
async function contentOf(
  { name, key }: ExistingSecret,
  client: KubernetesClient,
  namespace: string,
  { storage, declaredAs }: StoreAccess,
): Promise<string> {
  const secret = await client.get<Secret>({ type: secrets, name, namespace });
  const content = secret?.data?.[key];
  if (content !== undefined) return Buffer.from(content, "base64").toString("utf8");
  const keys = Object.keys(secret?.data ?? {});
  throw new Problem({
    code: "NoSecret",
    property: declaredAs(`storage.${kindOf(storage)}.credentials.existingSecret`),
    what: secret
      ? `Secret ${namespace}/${name} in cluster "${client.label.key}" has no key "${key}"${keys.length > 0 ? `, but ${keys.join(", ")}` : ""}`
      : `there is no Secret ${namespace}/${name} in cluster "${client.label.key}"`,
    todo: "It has to hold a whole credential file of Velero's plugin, in Velero's own namespace.",
  });
}

interface ManifestContext {
  parts: Pick<LocationParts, "plugin" | "credential">;
  accessMode: AccessMode;
  /** True if the location existed before this project managed it. */
  isAdopted: boolean;
  kept?: KeptParts | undefined;
}

/** Returns the desired location of the cluster, for the preview of an adoption and for the `up`. */
export const ownManifest = (
  desired: ClusterLocationInputs,
  metadata: Parameters<typeof locationManifest>[0],
  { parts, accessMode, isAdopted, kept }: ManifestContext,
): BackupStorageLocation =>
  locationManifest(metadata, {
    ...parts,
    prefix: desired.storePrefix,
    accessMode,
    kept,
    // An adopted location keeps its value: it may be the one that Velero's server makes its default by itself.
    isDefault: desired.default ?? (isAdopted ? undefined : false),
    validationFrequency: desired.validationFrequency ?? (isAdopted ? undefined : USUAL_FREQUENCY),
  });

export function sentOf(
  fingerprinter: Fingerprinter,
  { spec }: BackupStorageLocation,
  credentialFile: string | undefined,
  salt: string,
): Sent {
  const ours = Object.entries(partsOf(spec)).filter(([, value]) => value !== undefined);
  return {
    location: Object.fromEntries(ours.map(([part, value]) => [part, shortHash(8, salt, part, value)])),
    ...(credentialFile !== undefined && { secret: secretFingerprint(fingerprinter, credentialFile) }),
  };
}

/** Returns the parts that someone else has changed since they were last applied. */
export const editedParts = (
  { spec }: BackupStorageLocation,
  { location }: Sent,
  salt: string,
): LocationPart[] =>
  (Object.entries(partsOf(spec)) as [LocationPart, unknown][])
    .filter(([part, value]) => {
      const sent = location[part];
      return sent !== undefined && sent !== shortHash(8, salt, part, value);
    })
    .map(([part]) => part);

/** Returns the hash of a credential file. It equals `sent` if the content is the same. */
export const secretFingerprint = (fingerprinter: Fingerprinter, content: string, sent?: string): string =>
  fingerprinter.fingerprint("credential file", content, sent);

/**
 * Returns the parts in a normal form: equal values are those that Velero reads alike. Fields that Velero writes itself
 * are left out.
 */
function partsOf(spec: BackupStorageLocation["spec"]): Record<LocationPart, unknown> {
  const { bucket, prefix = "", ...certificate } = spec.objectStorage;
  return {
    place: [spec.provider.replace(/^velero\.io\//, ""), trimSlashes(bucket), trimSlashes(prefix)],
    accessMode: spec.accessMode ?? "ReadWrite",
    config: spec.config ?? {},
    caCert: certificate,
    credential: spec.credential ?? {},
    backupSyncPeriod: spec.backupSyncPeriod && parseDuration(spec.backupSyncPeriod),
    validationFrequency: frequencyOf(spec.validationFrequency),
  };
}
