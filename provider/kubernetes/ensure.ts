import { Problem } from "../core/errors.ts";
import {
  declaredAnnotation,
  describeOwnerOf,
  incarnationLabel,
  type ObjectTags,
  type Owner,
  ownerHash,
  ownerLabel,
  type UserMetadata,
  userTags,
  withdrawn,
} from "../core/identity.ts";
import { same } from "../core/values.ts";
import type { KubernetesClient } from "./client.ts";
import { isConflict } from "./kubernetes-error.ts";
import type { KubernetesObject, ResourceType } from "./resources.ts";

/**
 * Makes the object be as desired: created, or patched where it differs. Never a PUT and never `status`
 * (docs/design/rules.md#patch-never-put). What someone else made is refused; what one of `owners` made (a killed run, a
 * replacement under an unchanged name) is taken over.
 */
export async function ensure<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  desired: T,
  options: {
    owners: readonly Owner[];
    whole?: readonly string[];
    /** The live object in the desired one's words, where one thing can be said in several. */
    inDesiredWords?: (live: T, desired: T) => T;
  },
): Promise<Ensured<T>> {
  const { name, namespace } = desired.metadata;
  const target = { type, name, ...(namespace ? { namespace } : {}) };
  // Between look and create or patch someone may come or go; the next round sees it.
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
  /** As it was before; undefined where it was created now. */
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

/** The refusal to touch an object that another resource, or somebody outside of this project, has made. */
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
 * The merge patch that turns `live` into `desired`, or undefined where nothing differs. Only what is desired is
 * compared, since the server adds to specs; but a path of `whole` (`spec.template`) and everything below it is ours,
 * and keys that are not desired go by null. So do labels and annotations that the program declared before.
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

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
