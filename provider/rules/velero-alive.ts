import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { askVelero, serverAnswer, isOlder, serverVersion } from "../velero/server.ts";
import type { BackupStorageLocation } from "../velero/types.ts";
import { frequencyOf } from "../velero/manifests.ts";
import { parseCadence } from "../schedules/cadence.ts";
import type { ResourcePolicy, SelectionInputs } from "../velero/selection-entries.ts";

/** After the first time, a wait checks whether Velero still works, and then again each minute. */
const FIRST_MS = 15_000;
const EACH_MS = 60_000;

/**
 * Fails if no Velero answers: a location that was Available stays so when its Velero stops
 * (docs/design/velero-facts.md#a-stopped-server). If the credentials may not ask, it does not fail.
 */
export async function requireVelero(
  client: KubernetesClient,
  namespace: string,
  consequence: string,
): Promise<void> {
  if ((await askVelero(client, namespace)) === "silent") throw silent(client, namespace, consequence);
}

/** Ends a wait for Velero as soon as no Velero works there any more. */
export async function whileVeleroWorks<T>(
  client: KubernetesClient,
  namespace: string,
  consequence: string,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const dead = new AbortController();
  const over = new AbortController();
  void watchOver();
  try {
    return await wait(dead.signal);
  } finally {
    over.abort();
  }

  async function watchOver(): Promise<void> {
    for (let pause = FIRST_MS; !over.signal.aborted; pause = EACH_MS) {
      await sleep(pause, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      await requireVelero(client, namespace, consequence).catch((error: unknown) => {
        // The wait itself handles a cluster that does not answer.
        if (error instanceof Problem && error.code === "VeleroNotResponding") dead.abort(error);
      });
    }
  }
}

const silent = (client: KubernetesClient, namespace: string, consequence: string) =>
  new Problem({
    code: "VeleroNotResponding",
    property: `${client.label.property}.namespace`,
    what: `no Velero works in namespace "${namespace}" of cluster "${client.label.key}": ${consequence}`,
    todo: `See that its server runs there (kubectl -n ${namespace} get pods), and run up again.`,
  });

/**
 * Returns the stale reason of an Available location: why it may have no Velero any more. Returns undefined if it has
 * one. A refresh writes only if a location has no frequency of its own and no location shows a sign of life. Only then
 * is the server asked, once for all resources of a process. No answer means that Velero has stopped.
 */
export async function staleReasonOf(
  client: KubernetesClient,
  place: BackupStorageLocation,
  all: Iterable<BackupStorageLocation>,
  now: Date,
): Promise<string | undefined> {
  const { name, namespace = "" } = place.metadata;
  const signs = signsOfLife(place, all, now);
  if (signs.kind === "alive") return undefined;
  const stale =
    `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}" was not validated since ` +
    `${place.status?.lastValidationTime}`;
  if (signs.kind !== "silent") return `${stale}: is Velero's server still running?`;
  const answer = await serverAnswer(client, namespace);
  if (answer === "answered") return undefined;
  const refusal =
    answer === "silent"
      ? "Velero's server does not answer"
      : "these credentials may not ask Velero's server (create serverstatusrequests)";
  return `${stale}, no location there was validated or synced since ${signs.since}, and ${refusal}: is it still running?`;
}

/** A Velero that has not validated a location for this long, although it should have, has probably stopped. */
const LONGEST_SILENCE_MS = 10 * 60_000;

/**
 * The signs of life of the Velero that validates a location. `overdue`: a validation of the location was due long ago.
 * `silent`: nothing was due there, and no location has a sign later than `since`.
 */
export type SignsOfLife = { kind: "alive" | "overdue" } | { kind: "silent"; since: string };

/**
 * Reads the signs of life from the locations of a namespace. An old validation alone says nothing if the location
 * leaves the frequency to the server: its `--store-validation-frequency` may be an hour, or never. But Velero also
 * records when it synced a location, by default each minute. Every record at any location of its namespace is a sign of
 * life.
 */
export function signsOfLife(
  place: BackupStorageLocation,
  all: Iterable<BackupStorageLocation>,
  now: Date,
): SignsOfLife {
  const ageOf = (time: string | undefined) => now.getTime() - Date.parse(time ?? "");
  const validated = place.status?.lastValidationTime;
  const frequency = frequencyOf(place.spec.validationFrequency) ?? 0;
  if (!(ageOf(validated) > LONGEST_SILENCE_MS)) return { kind: "alive" };
  if (frequency > 0 && ageOf(validated) > 3 * frequency) return { kind: "overdue" };
  const signs = [place, ...all].flatMap(({ status }) => [status?.lastValidationTime, status?.lastSyncedTime]);
  const [since = ""] = signs.filter((time) => time !== undefined).toSorted((a, b) => ageOf(a) - ageOf(b));
  return ageOf(since) > LONGEST_SILENCE_MS ? { kind: "silent", since } : { kind: "alive" };
}

interface DeclaredOptions extends SelectionInputs {
  schedule?: string | undefined;
}

interface NewerOption {
  path: string;
  since: string;
}

const TIME_ZONE = "a time zone in schedule";

/**
 * Returns the declared options that are newer than Velero 1.14, the oldest supported version. Older servers drop such
 * fields without a message (docs/design/velero-facts.md#newer-fields).
 */
export function newerOptions({
  schedule,
  volumeGroupSnapshotLabelKey,
  resourcePolicy,
}: DeclaredOptions): NewerOption[] {
  const policy: ResourcePolicy = resourcePolicy ?? {};
  const conditions = new Set(
    (policy.volumePolicies ?? []).flatMap(({ conditions }) => Object.keys(conditions)),
  );
  const used: [boolean, string, string][] = [
    [/^(CRON_)?TZ=/.test(schedule ?? ""), TIME_ZONE, "1.15"],
    [onlyNewest(schedule), `what schedule "${schedule}" says`, "1.18.3"],
    [volumeGroupSnapshotLabelKey !== undefined, "volumeGroupSnapshotLabelKey", "1.17"],
    [policy.includeExcludePolicy !== undefined, "resourcePolicy.includeExcludePolicy", "1.17"],
    [conditions.has("pvcPhase"), "resourcePolicy.volumePolicies.conditions.pvcPhase", "1.18"],
    [conditions.has("pvcVolumeMode"), "resourcePolicy.volumePolicies.conditions.pvcVolumeMode", "1.18.3"],
    [conditions.has("pvcAccessModes"), "resourcePolicy.volumePolicies.conditions.pvcAccessModes", "1.18.3"],
    [policy.namespacedFilterPolicies !== undefined, "resourcePolicy.namespacedFilterPolicies", "1.18.3"],
    [policy.clusterScopedFilterPolicy !== undefined, "resourcePolicy.clusterScopedFilterPolicy", "1.18.3"],
  ];
  return used.flatMap(([isUsed, path, since]) => (isUsed ? [{ path, since }] : []));
}

/**
 * Returns true for weekday 7, ranges that wrap, and quotes around a time zone: Velero 1.18.3 has another parser than
 * earlier versions.
 */
function onlyNewest(schedule: string | undefined): boolean {
  if (schedule === undefined || "problem" in parseCadence(schedule)) return false;
  return "problem" in parseCadence(schedule, { dialect: "robfig", zone: "UTC" });
}

/** Refuses options that the cluster's Velero is too old for. It asks for the version only if that matters. */
export async function requireVersion(
  client: KubernetesClient,
  namespace: string,
  declared: DeclaredOptions,
): Promise<void> {
  const options = newerOptions(declared);
  if (options.length === 0) return;
  const version = await serverVersion(client, namespace);
  const missing = options.filter(({ since }) => isOlder(version, since));
  if (missing.length === 0) return;
  throw new Problem({
    code: "UnsupportedVeleroVersion",
    what: `cluster "${client.label.key}" runs Velero ${version}, which lacks ${missing
      .map(({ path, since }) => `${path} (since ${since})`)
      .join(" and ")}`,
    todo: "Upgrade Velero there, or leave it out for this cluster.",
  });
}
