import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { configMaps, type KubernetesObject } from "../../kubernetes/resources.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { incarnationLabel, ownersOf } from "../../lifecycle/identity.ts";
import { metadataEdits, metadataPatch } from "../../lifecycle/metadata-edits.ts";
import { endpointOf, identityOf } from "../../storage/coordinates.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { ours } from "./ours.ts";
import { claimPrefix, type Marker, markerText, parseMarker, readMarker, writeMarker } from "./marker.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/** Where the claim on a prefix is kept: in the store itself, or where the program has no way there, in the cluster. */
export interface ClaimPlace {
  read(): Promise<Marker | undefined>;
  write(marker: Marker): Promise<void>;
  /** Writes it where there is none yet; false where somebody else was quicker. */
  create(marker: Marker): Promise<boolean>;
}

export const claimInStore = (store: ObjectStore, prefix: string): ClaimPlace => ({
  read: () => readMarker(store, prefix),
  write: (marker) => writeMarker(store, prefix, marker),
  create: (marker) => claimPrefix(store, prefix, marker),
});

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

const MARKER = "marker.json";

/**
 * A ConfigMap in Velero's namespace takes the place of the marker (docs/design/rules.md#access-none). It keeps
 * apart what comes to the same prefix from the same cluster, and nothing else.
 */
export function claimInCluster(client: KubernetesClient, aim: ClusterLocationOutputs): ClaimPlace {
  const { namespace } = aim;
  const name = claimName(aim);
  const target = { type: configMaps, name, namespace };
  const objectFor = (marker: Marker): ConfigMap => ({
    metadata: ours(aim, name),
    data: { [MARKER]: markerText(marker) },
  });
  return {
    read: () => readClaimInCluster(client, aim),
    write: async (marker) => void (await client.patch(target, objectFor(marker))),
    create: (marker) =>
      client.create(configMaps, objectFor(marker)).then(
        () => true,
        (error: unknown) => {
          if (isConflict(error)) return false;
          throw error;
        },
      ),
  };
}

export async function readClaimInCluster(
  client: KubernetesClient,
  location: ClusterLocationInputs,
): Promise<Marker | undefined> {
  const { namespace } = location;
  const name = claimName(location);
  const found = await client.get<ConfigMap>({ type: configMaps, name, namespace });
  const place = `ConfigMap ${namespace}/${name} in cluster "${client.label.key}"`;
  return found && parseMarker(found.data?.[MARKER] ?? "", place);
}

/** Two servers may each have a bucket of the same name. */
const claimName = ({ storage, storePrefix }: ClusterLocationInputs): string =>
  `pulumi-velero-claim-${shortHash(12, identityOf(storage), endpointOf(storage), storePrefix)}`;

/** Gives the claim in the cluster the labels and annotations that are declared by now. */
export async function labelClaimInCluster(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
): Promise<void> {
  const target = { type: configMaps, name: claimName(aim), namespace: aim.namespace };
  const live = await client.get(target);
  const change = live && isOwnedBy(live, ownersOf(aim)) ? metadataPatch(live, aim) : undefined;
  if (change) await client.patch(target, change);
}

/** Names the labels and annotations of the claim in the cluster that someone else has changed. */
export async function claimEditsInCluster(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<string | undefined> {
  const { namespace } = state;
  const name = claimName(state);
  const live = await client.get({ type: configMaps, name, namespace });
  const edits = live && metadataEdits(live, state);
  return (
    edits && `someone else has changed ${edits} of ConfigMap ${namespace}/${name}; up sets it as declared`
  );
}

/** Claims of this incarnation in the cluster; with `but` all except the one that is in force. */
export async function removeClaimsInCluster(
  client: KubernetesClient,
  { namespace, incarnation }: Pick<ClusterLocationOutputs, "namespace" | "incarnation">,
  but?: ClusterLocationOutputs,
): Promise<void> {
  const labelSelector = `${incarnationLabel}=${incarnation}`;
  const { items } = await client.list({ type: configMaps, namespace, labelSelector });
  const stale = items.filter(({ metadata }) => !but || metadata.name !== claimName(but));
  for (const { metadata } of stale) {
    await client.delete({ type: configMaps, name: metadata.name, namespace }, { uid: metadata.uid });
  }
}
