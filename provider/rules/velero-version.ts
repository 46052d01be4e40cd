import { Problem } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { parseCadence } from "../schedules/cadence.ts";
import { isOlder, serverVersion } from "../velero/server.ts";
import type { ResourcePolicy, SelectionInputs } from "../velero/selection-entries.ts";

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
    remedy: "Upgrade Velero there, or leave it out for this cluster.",
  });
}
