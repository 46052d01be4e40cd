import { Problem } from "../core/errors.ts";
import { hasUnknown, same, shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { namespaces } from "../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../schemas/cluster-backup.ts";
import { type Finding, open, refuse, warning } from "./finding.ts";
import { type ClusterPlace, type ClusterRule, shared } from "./preflight.ts";
import {
  chooseNamespaces,
  type ChosenNamespaces,
  hasGlobs,
  hasPatterns,
  namesIn,
  namesNamespaces,
  type NamespaceSelection,
  namesToBackUp,
  selectedIn,
} from "../velero/namespace-selection.ts";
import type { Session } from "../session.ts";
import { isOlder, serverVersion } from "../velero/server.ts";

/** Velero resolves globs itself since this version. */
const GLOBS_SINCE = "1.18";

/**
 * Resolves the selection in the cluster. A misspelt namespace makes an empty backup that ends Completed, and for Velero
 * a list without matches means all namespaces: both are refused. With `lenient`, missing names are left out. If
 * namespaces may not be listed, only a selection that needs the list fails.
 */
export async function requireNamespaces(
  client: KubernetesClient,
  selection: NamespaceSelection,
  veleroNamespace: string,
  lenient = false,
): Promise<ChosenNamespaces> {
  if (!namesNamespaces(selection)) return { missing: [] };
  const globsByVelero =
    !hasGlobs(selection) || !isOlder(await serverVersion(client, veleroNamespace), GLOBS_SINCE);
  const existing = await listNamespaces(client);
  if (!existing) {
    if (hasPatterns(selection) || !globsByVelero) throw cannotResolve(client);
    return { missing: [] };
  }
  const chosen = chooseNamespaces(selection, existing, { globsByVelero });
  refuse(judgeNamespaces(client.label.key, chosen, { existing, lenient }));
  if (chosen.missing.length === 0) return chosen;
  // Velero checks each name since 1.15.
  const { included } = selectedIn(selection, existing);
  return { ...chosen, sent: { ...chosen.sent, includedNamespaces: included } };
}

/** The declared namespaces exist. A missing one is an open finding, because the same `up` may create it. */
export function namespacesExist(
  { connection, cluster }: ClusterPlace,
  { includedNamespaces, excludedNamespaces }: NamespaceSelection,
): ClusterRule {
  const selection = { includedNamespaces, excludedNamespaces };
  return {
    inputs: [selection],
    find({ client }, session) {
      if (!namesNamespaces(selection)) return Promise.resolve([]);
      return shared(session, `namespaces ${shortHash(32, connection, cluster, selection)}`, async () => {
        const existing = await listNamespaces(client);
        if (!existing) return [];
        // Velero is not asked for its version, because that would be a write.
        const chosen = chooseNamespaces(selection, existing, { globsByVelero: true });
        return judgeNamespaces(cluster, chosen, { existing });
      });
    },
  };
}

/** Returns the namespaces that can be backed up. Returns undefined if they may not be listed. */
export async function listNamespaces(client: KubernetesClient): Promise<string[] | undefined> {
  const listing = await client.list({ type: namespaces }).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  return listing && namesToBackUp(listing.items);
}

function judgeNamespaces(
  cluster: string,
  { missing, resolved }: ChosenNamespaces,
  { existing, lenient = false }: { existing: readonly string[]; lenient?: boolean },
): Finding[] {
  const names = missing.map((name) => `"${name}"`).join(", ");
  if (missing.length > 0 && !lenient)
    return [open(noNamespace(`cluster "${cluster}" has no namespace ${names}`, existing))];
  return resolved?.length === 0
    ? [open(noNamespace(`no namespace of cluster "${cluster}" is one of those that are declared`, existing))]
    : [];
}

const noNamespace = (what: string, existing: readonly string[]) =>
  new Problem({
    code: "NoNamespace",
    property: "includedNamespaces",
    what,
    todo: `Mend the name, or make this resource depend on what creates the namespace (one that is labelled velero.io/exclude-from-backup is none). There are: ${existing.slice(0, 20).join(", ")}${existing.length > 20 ? ", …" : ""}.`,
  });

const cannotResolve = (client: KubernetesClient) =>
  new Problem({
    code: "Forbidden",
    property: "includedNamespaces",
    what: `has patterns, and these credentials may not list the namespaces of cluster "${client.label.key}"`,
    todo: "Give the kubeconfig's user the right to list namespaces, or name them.",
  });

/**
 * Describes how the matching namespaces have changed since an `up` resolved the declared patterns. Returns undefined if
 * they have not.
 */
export function namespaceDrift(state: ClusterBackupOutputs, existing: readonly string[]): string | undefined {
  const { includedNamespaces: wanted, excludedNamespaces: unwanted } = state.sentNamespaces ?? {};
  const now = selectedIn(state, existing);
  const words = [
    ...(wanted ? changes(wanted, now.included, "is not backed up yet") : []),
    ...(unwanted ? changes(unwanted, now.excluded, "is not left out yet") : []),
  ];
  if (words.length === 0) return undefined;
  return `the namespaces that match have changed since the last up: ${words.join("; ")}; up takes that in`;
}

function changes(then: readonly string[], now: readonly string[], lacks: string): string[] {
  if (same(then, now)) return [];
  const come = now.filter((name) => !then.includes(name));
  const gone = then.filter((name) => !now.includes(name));
  return [
    ...(come.length > 0 ? [`${come.join(", ")} ${lacks}`] : []),
    ...(gone.length > 0 ? [`${gone.join(", ")} is gone`] : []),
  ];
}

/**
 * Warns of a name that no cluster has: it may be misspelt, or the same `up` may create it. It warns only if all
 * clusters could be asked.
 */
export async function namespacesExistSomewhere(
  session: Session,
  reach: Record<string, { connection: Connection } | undefined>,
  selection: NamespaceSelection,
): Promise<Finding[]> {
  if (hasUnknown([reach, selection.includedNamespaces])) return [];
  const names = namesIn(selection);
  if (names.length === 0) return [];
  try {
    const lists = await Promise.all(
      Object.entries(reach).map(([key, each]) => namespacesIn(session, key, each?.connection)),
    );
    const existing = new Set(lists.flat());
    const nowhere = names.filter((name) => !existing.has(name));
    if (nowhere.length === 0 || lists.includes(undefined)) return [];
    return [
      warning(
        `includedNamespaces: no cluster has a namespace ${nowhere.map((name) => `"${name}"`).join(", ")}. Mend the name, or make this resource depend on what creates it`,
      ),
    ];
  } catch {
    // Another check reports a cluster that cannot be reached.
    return [];
  }
}

async function namespacesIn(
  session: Session,
  key: string,
  connection: Connection | undefined,
): Promise<string[] | undefined> {
  if (!connection || connection.offline) return [];
  const { client } = await session.clusters.open(connection, clusterLabel(key), undefined);
  return listNamespaces(client);
}
