import { same } from "../../lifecycle/canonical.ts";
import { selectedIn } from "./namespaces.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

/** What has become of the namespaces since an `up` resolved the declared patterns, in words; undefined: nothing. */
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
