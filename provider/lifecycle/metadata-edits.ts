import type { KubernetesObject } from "../kubernetes/resources.ts";
import { mergePatch } from "./ensure.ts";
import { declaredAnnotation, type ObjectTags, type UserMetadata, userTags } from "./user-metadata.ts";

/** The merge patch that gives the live object the declared labels and annotations; undefined where it has them. */
export const metadataPatch = (
  live: KubernetesObject,
  declared: UserMetadata,
): { metadata: Partial<ObjectTags> } | undefined =>
  mergePatch(live, { metadata: userTags(declared) }, []) as { metadata: Partial<ObjectTags> } | undefined;

/** Names the declared labels and annotations that someone else has changed on the live object. */
export function metadataEdits(live: KubernetesObject, declared: UserMetadata): string | undefined {
  const change = metadataPatch(live, declared)?.metadata;
  if (change === undefined) return undefined;
  const labels = Object.keys(change.labels ?? {}).map((name) => `label "${name}"`);
  const annotations = Object.keys(change.annotations ?? {}).map((name) => `annotation "${name}"`);
  const all = [...labels, ...annotations];
  const named = all.filter((each) => !each.includes(declaredAnnotation));
  return (named.length > 0 ? named : all).join(", ");
}
