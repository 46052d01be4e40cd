import { Problem } from "../errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { namespaces } from "../kubernetes/resources.ts";

/**
 * A misspelt namespace makes an empty backup that ends Completed. Globs are Velero's to resolve at every run; who may
 * not list namespaces is not held up.
 */
export async function requireNamespaces(
  client: KubernetesClient,
  wanted: readonly string[] = [],
): Promise<void> {
  const named = wanted.filter((name) => !/[*?[\]{}]/.test(name));
  if (named.length === 0) return;
  const listing = await client.list({ type: namespaces }).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (!listing) return;
  const existing = listing.items.map(({ metadata }) => metadata.name);
  const missing = named.filter((name) => !existing.includes(name));
  if (missing.length === 0) return;
  throw new Problem({
    code: "NoNamespace",
    property: "includedNamespaces",
    what: `cluster "${client.label.key}" has no namespace ${missing.map((name) => `"${name}"`).join(", ")}`,
    todo: `Mend the name, or make this resource depend on what creates it. Namespaces there: ${existing.slice(0, 20).join(", ")}${existing.length > 20 ? ", …" : ""}.`,
  });
}
