import { Problem } from "../../errors.ts";
import { type NamespaceMapping, mapNamespace } from "./map-namespace.ts";

const SHOWN = 5;

/**
 * What to say of a mapping with entries that fit no namespace of those that are restored: mostly a typing error, by
 * which these come back under their own names, over what lives there. Undefined where each entry fits one.
 */
export function unmapped(
  restored: readonly string[],
  mapping: NamespaceMapping | undefined = {},
): { problem: Problem; isAll: boolean } | undefined {
  if (restored.length === 0) return undefined;
  const entries = Object.entries(mapping);
  const stray = entries.filter(([from, to]) =>
    restored.every((name) => mapNamespace(name, { [from]: to }) === undefined),
  );
  if (stray.length === 0) return undefined;
  const names = [...restored.slice(0, SHOWN), ...(restored.length > SHOWN ? ["…"] : [])];
  const problem = new Problem({
    code: "MappingFitsNothing",
    property: "namespaceMapping",
    what: `"${stray.map(([from]) => from).join('", "')}" fits no namespace of what is restored (${names.join(", ")}), and what no entry fits keeps its own name`,
    todo: "Mend the name, or leave the entry out.",
  });
  return { problem, isAll: stray.length === entries.length };
}
