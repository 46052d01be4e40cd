import type { CommonInputs } from "../core/check.ts";
import { Problem, wordsOf } from "../core/errors.ts";
import { PartialFailure } from "../core/handler.ts";
import { incarnationLabel, nameOf, type Owned, ownersOf } from "../core/identity.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { isOwnedBy } from "../kubernetes/ensure.ts";
import { isTransient } from "../kubernetes/kubernetes-error.ts";
import type { ResourceType } from "../kubernetes/resources.ts";
import type { Session } from "../session.ts";
import type { OnUnhealthy } from "../core/fields.ts";

interface Skippable extends CommonInputs {
  onUnhealthy?: OnUnhealthy | undefined;
  unfinished?: string | undefined;
  message?: string | undefined;
}

/** These codes mean that Velero does not answer, or cannot reach a store that the program can reach. */
const UNSERVED = ["VeleroNotResponding", "VeleroCannotReachStore"];

/** Returns true if the cluster or its Velero failed, and not the store or an invalid declaration. */
const isUnhealthy = (error: unknown): boolean =>
  isTransient(error) || (error instanceof Problem && UNSERVED.includes(error.code));

/** Returns the key of a resource. If the resource spans clusters, it is the key of its part in one of them. */
const skippedKeyOf = (owner: string, part: string | undefined): string =>
  part === undefined ? owner : `${owner} ${part}`;

export const nameOfPart = (owner: string, part: string | undefined): string =>
  part === undefined ? nameOf(owner) : `${nameOf(owner)} in cluster "${part}"`;

/**
 * Runs the work on one cluster. If the cluster is unhealthy and `onUnhealthy` is `skip`, it warns and returns the
 * outputs in effect, marked as unfinished, so that the next `up` tries again. If the `location` (a URN) was skipped,
 * its dependents are skipped without a try.
 */
export async function unlessUnhealthy<Outputs extends Skippable>(
  session: Session,
  wanted: Skippable,
  { inEffect, location, part }: { inEffect: Outputs; location?: string; part?: string | undefined },
  work: () => Promise<Outputs>,
): Promise<Outputs> {
  if (wanted.onUnhealthy !== "skip") return work();
  const name = nameOfPart(wanted.owner, part);
  const key = skippedKeyOf(wanted.owner, part);
  const known = location === undefined ? undefined : session.skipped.get(location);
  if (location !== undefined && known !== undefined) {
    session.skipped.set(key, known);
    session.notices.warn(name, `warning: skipped like its location ${nameOf(location)}`);
    return unhealthy(inEffect, known);
  }
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof PartialFailure ? error.cause : error;
    if (!isUnhealthy(cause)) throw error;
    const message = wordsOf(cause);
    for (const each of [key, location]) if (each !== undefined) session.skipped.set(each, message);
    session.notices.warn(
      name,
      `warning: skipped (onUnhealthy: "skip"), and the next up tries again. ${message}`,
    );
    return unhealthy(error instanceof PartialFailure ? (error.outputs as Outputs) : inEffect, message);
  }
}

const unhealthy = <Outputs extends Skippable>(outputs: Outputs, message: string): Outputs => ({
  ...outputs,
  health: "Unhealthy",
  message,
  unfinished: message,
});

/** Keeps a resource that is being replaced or moved, as long as its successor was skipped. */
export function refuseAfterSkip(session: Session, owner: string, place: string, part?: string): void {
  const why = session.checked.has(owner) ? session.skipped.get(skippedKeyOf(owner, part)) : undefined;
  if (why === undefined) return;
  throw new Problem({
    code: "Skipped",
    what: `${place} is kept, since what replaces it was skipped`,
    said: why,
    todo: "The next up that finds the cluster healthy goes on with it.",
  });
}

interface Skipped extends Owned {
  cluster: string;
  namespace: string;
}

/**
 * Removes a resource if every `up` of it was skipped. State has nothing that it created. Only a killed run may have
 * left `object` before it wrote state. Then everything with the same incarnation is removed.
 */
export async function sweep(
  session: Session,
  resource: Skipped,
  connection: Connection,
  { type, name }: { type: ResourceType; name: string },
  remove: (cluster: OpenCluster, left: { incarnation: string }) => Promise<void>,
): Promise<void> {
  // An object with the owner's name then belongs to the successor.
  if (session.checked.has(resource.owner)) return;
  const found = await look().catch((error: unknown) => {
    session.notices.warn(
      nameOf(resource.owner),
      `was never made in cluster "${resource.cluster}", and whether a killed run has left something there cannot be seen: ${wordsOf(error)}`,
    );
    return undefined;
  });
  if (found) await remove(found.cluster, found);

  async function look() {
    const cluster = await session.clusters.open(connection, clusterLabel(resource.cluster), undefined);
    const left = await cluster.client.get({ type, name, namespace: resource.namespace });
    const incarnation = left?.metadata.labels?.[incarnationLabel];
    const ours = left !== undefined && isOwnedBy(left, ownersOf(resource));
    return ours && incarnation !== undefined ? { cluster, incarnation } : undefined;
  }
}
