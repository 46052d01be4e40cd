import type { KubernetesClient } from "../../kubernetes/client.ts";
import { secrets } from "../../kubernetes/resources.ts";
import { Problem } from "../../errors.ts";
import { ensure } from "../../lifecycle/ensure.ts";
import { ownersOf } from "../../lifecycle/identity.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { pluginConfig } from "../../storage/plugin-config.ts";
import type { ExistingSecret } from "../../storage/storage-config.ts";
import { existingSecretOf, kindOf, type Way } from "../../storage/ways.ts";
import {
  CREDENTIAL_KEY,
  credentialManifest,
  type LocationParts,
  type Secret,
} from "../../velero/manifests.ts";
import { ours } from "./ours.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

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
