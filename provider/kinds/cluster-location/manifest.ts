import { parseDuration } from "../../core/durations.ts";
import { Problem } from "../../core/errors.ts";
import { ownersOf } from "../../core/identity.ts";
import { fingerprint } from "../../core/references.ts";
import { shortHash } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ensure } from "../../kubernetes/ensure.ts";
import { secrets } from "../../kubernetes/resources.ts";
import { ours } from "../../rules/one-key-per-cluster.ts";
import type {
  ClusterLocationOutputs,
  KeptParts,
  LocationPart,
  Sent,
} from "../../schemas/cluster-location-outputs.ts";
import type { ClusterLocationInputs } from "../../schemas/cluster-location.ts";
import { trimSlashes } from "../../store/coordinates.ts";
import { pluginConfig } from "../../store/plugin-config.ts";
import type { ExistingSecret } from "../../store/storage-config.ts";
import { existingSecretOf, kindOf, resolveStorage, type Way } from "../../store/ways.ts";
import {
  CREDENTIAL_KEY,
  credentialManifest,
  locationManifest,
  type LocationParts,
  type Secret,
} from "../../velero/manifests.ts";
import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";
import { frequencyOf, USUAL_FREQUENCY } from "../../velero/validation-frequency.ts";

/** The store as Velero's plugin is told of it, and the Secret with the keys. */
export interface VeleroStore {
  parts: Pick<LocationParts, "plugin" | "credential">;
  /** There is a Secret of ours, and it was made or changed now. */
  rotated: boolean;
  /** What stands in the Secret of ours, where there is one. */
  credentialFile?: string;
}

/** Gives Velero in that cluster its way to the store, under a Secret of that name where it needs one of ours. */
export async function ensureVeleroStore(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
  way: Way,
  secretName: string,
): Promise<VeleroStore> {
  const { parts, credentialFile } = await veleroStore(client, aim, way, secretName);
  if (credentialFile === undefined) return { parts, rotated: false };
  const { changed } = await ensure(
    client,
    secrets,
    credentialManifest(ours(aim, secretName), credentialFile),
    {
      owners: ownersOf(aim),
    },
  );
  return { parts, rotated: changed, credentialFile };
}

/** The same as it is to be. Reads alone. */
export async function veleroStore(
  client: KubernetesClient,
  { namespace }: Pick<ClusterLocationOutputs, "namespace">,
  way: Way,
  secretName: string,
): Promise<Omit<VeleroStore, "rotated">> {
  const storage = resolveStorage(way.storage, way.declaredAs);
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

/** Looked at before anything is made: a location whose Secret is missing is Unavailable, and Velero says so late. */
async function contentOf(
  { name, key }: ExistingSecret,
  client: KubernetesClient,
  namespace: string,
  { storage, declaredAs }: Way,
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

interface Circumstances {
  parts: Pick<LocationParts, "plugin" | "credential">;
  accessMode: AccessMode;
  /** It was there before this project was. */
  isAdopted: boolean;
  kept?: KeptParts | undefined;
}

/** What the program makes of the cluster's own location, whoever looks: the preview of an adoption, or the `up`. */
export const ownManifest = (
  aim: ClusterLocationInputs,
  metadata: Parameters<typeof locationManifest>[0],
  { parts, accessMode, isAdopted, kept }: Circumstances,
): BackupStorageLocation =>
  locationManifest(metadata, {
    ...parts,
    prefix: aim.storePrefix,
    accessMode,
    kept,
    // One that was adopted stays what it was: it may be the one that Velero's server makes its default by itself.
    isDefault: aim.default ?? (isAdopted ? undefined : false),
    validationFrequency: aim.validationFrequency ?? (isAdopted ? undefined : USUAL_FREQUENCY),
  });

export function sentOf(
  { spec }: BackupStorageLocation,
  credentialFile: string | undefined,
  salt: string,
): Sent {
  const ours = Object.entries(partsOf(spec)).filter(([, value]) => value !== undefined);
  return {
    location: Object.fromEntries(ours.map(([part, value]) => [part, shortHash(8, salt, part, value)])),
    ...(credentialFile !== undefined && { secret: secretFingerprint(credentialFile) }),
  };
}

/** Which of the parts that were sent someone else has changed since. */
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

/** The hash of a whole credential file. It equals `sent` if the content is the same. */
export const secretFingerprint = (content: string, sent?: string): string =>
  fingerprint("credential file", content, sent);

/** As Velero reads them: what means the same is the same. What it writes itself is not among them. */
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
