import { Problem } from "../core/errors.ts";
import {
  declaredAnnotation,
  describeOwnerOf,
  incarnationLabel,
  type ObjectTags,
  type Owner,
  ownerHash,
  ownerLabel,
  userTags,
  withdrawn,
} from "../core/identity.ts";
import type { UserMetadata } from "../core/user-metadata.ts";
import { isRecord, same } from "../core/values.ts";
import type { KubernetesClient } from "./client.ts";
import { isConflict } from "./kubernetes-error.ts";
import type { KubernetesObject, ResourceType } from "./resources.ts";

/**
 * Creates the object, or patches it if it differs. It never sends a PUT, and never a `status`
 * (docs/design/rules.md#patch-never-put). It refuses an object of another owner. It takes over an object of one of
 * `owners` (from a killed run, or a replacement with the same name).
 */
export async function ensure<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  desired: T,
  options: {
    owners: readonly Owner[];
    whole?: readonly string[];
    /** Returns the live object with the desired spelling of equal values, if a value has several spellings. */
    inDesiredWords?: (live: T, desired: T) => T;
  },
): Promise<Ensured<T>> {
  const { name, namespace } = desired.metadata;
  const target = { type, name, ...(namespace ? { namespace } : {}) };
  // Between the read and the write, the object may be created or deleted. The next round sees that.
  for (let round = 0; round < 3; round++) {
    const live = await client.get<T>(target);
    if (!live) {
      const created = await client.create<T>(type, desired).catch((error: unknown) => {
        if (isConflict(error)) return undefined;
        throw error;
      });
      if (created) return { object: created, before: undefined, changed: true };
      continue;
    }
    refuseForeign(client, type, live, options.owners);
    const compared = options.inDesiredWords?.(live, desired) ?? live;
    const change = mergePatch(compared, desired, options.whole ?? []);
    if (!change) return { object: live, before: live, changed: false };
    const patched = await client.patch<T>(target, change);
    if (patched) return { object: patched, before: live, changed: true };
  }
  throw new Problem({
    code: "ConflictingWrites",
    what: `${type.kind} ${namespace}/${name} in cluster "${client.label.key}" keeps appearing and vanishing`,
    todo: "Someone else creates and deletes it at the same time; find out who, and run again.",
  });
}

export interface Ensured<T> {
  object: T;
  /** The object before the call. Undefined if it was created now. */
  before: T | undefined;
  changed: boolean;
}

function refuseForeign(
  client: KubernetesClient,
  type: ResourceType,
  live: KubernetesObject,
  owners: readonly Owner[],
): void {
  if (!isOwnedBy(live, owners)) throw ownedByAnother(client, type, live, owners);
}

/** Returns the refusal to change an object of another resource, or of somebody outside of this project. */
export function ownedByAnother(
  client: KubernetesClient,
  type: ResourceType,
  live: KubernetesObject,
  owners: readonly Owner[],
): Problem {
  const { name, namespace } = live.metadata;
  const { words, remedy } = describeOwnerOf(live, owners);
  return new Problem({
    code: "OwnedByAnother",
    what: `${type.kind} ${namespace}/${name} in cluster "${client.label.key}" exists already and ${words}`,
    todo: `Nothing of it was changed. ${remedy ?? "Give this resource another name."}`,
  });
}

export const isOwnedBy = (object: KubernetesObject, owners: readonly Owner[]): boolean =>
  owners.some((owner) => object.metadata.labels?.[ownerLabel] === ownerHash(owner));

export const isIncarnation = (object: KubernetesObject, incarnation: string): boolean =>
  object.metadata.labels?.[incarnationLabel] === incarnation;

/**
 * Returns the merge patch that turns `live` into `desired`, or undefined if nothing differs. Only desired fields are
 * compared, because the server adds fields to specs. But a path of `whole` (`spec.template`) and everything below it is
 * completely ours: keys that are not desired are removed by null. Labels and annotations that the program declared
 * before are removed as well.
 */
export function mergePatch(live: object, desired: object, whole: readonly string[]): object | undefined {
  const change = differences(live, withWithdrawn(live, desired), "", whole);
  return Object.keys(change).length > 0 ? change : undefined;
}

interface Tagged {
  metadata?: Partial<ObjectTags>;
}

function withWithdrawn({ metadata }: Tagged, desired: Tagged): object {
  if (metadata === undefined || desired.metadata === undefined) return desired;
  const gone = withdrawn(metadata, desired.metadata);
  const { labels, annotations } = desired.metadata;
  return {
    ...desired,
    metadata: {
      ...desired.metadata,
      labels: { ...labels, ...gone.labels },
      annotations: { ...annotations, ...gone.annotations },
    },
  };
}

function differences(
  live: object,
  desired: object,
  path: string,
  whole: readonly string[],
): Record<string, unknown> {
  const change: Record<string, unknown> = {};
  const liveValues = live as Record<string, unknown>;
  for (const [key, wanted] of Object.entries(desired) as [string, unknown][]) {
    if (wanted === undefined) continue;
    const here = path ? `${path}.${key}` : key;
    const found = liveValues[key];
    if (isRecord(wanted) && isRecord(found)) {
      const inner = differences(found, wanted, here, whole);
      if (Object.keys(inner).length > 0) change[key] = inner;
    } else if (!same(found, wanted)) {
      change[key] = wanted;
    }
  }
  const isOurs = (key: string) => {
    const here = path ? `${path}.${key}` : key;
    return whole.some((owned) => here === owned || here.startsWith(`${owned}.`));
  };
  for (const key of Object.keys(live)) {
    if ((desired as Record<string, unknown>)[key] === undefined && isOurs(key)) change[key] = null;
  }
  return change;
}

/**
 * Returns the merge patch that gives the live object the declared labels and annotations. Returns undefined if it has
 * them.
 */
export const metadataPatch = (
  live: KubernetesObject,
  declared: UserMetadata,
): { metadata: Partial<ObjectTags> } | undefined =>
  mergePatch(live, { metadata: userTags(declared) }, []) as { metadata: Partial<ObjectTags> } | undefined;

/** Names the declared labels and annotations that someone else changed on the live object. */
export function metadataEdits(live: KubernetesObject, declared: UserMetadata): string | undefined {
  const change = metadataPatch(live, declared)?.metadata;
  if (change === undefined) return undefined;
  const labels = Object.keys(change.labels ?? {}).map((name) => `label "${name}"`);
  const annotations = Object.keys(change.annotations ?? {}).map((name) => `annotation "${name}"`);
  const all = [...labels, ...annotations];
  const named = all.filter((each) => !each.includes(declaredAnnotation));
  return (named.length > 0 ? named : all).join(", ");
}
