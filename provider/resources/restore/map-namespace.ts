import { NAMESPACE_NAME, NAMESPACE_NAMES } from "../namespace-name.ts";

/** `{ shop: "shop-copy", "*": "*-drill" }`: in both, `*` stands for the same part of the name. */
export type NamespaceMapping = Record<string, string>;

/** Tells if an entry stands for namespaces by a part of their names. */
export const isPattern = (from: string): boolean => from.includes("*");

/**
 * What a namespace is called in the target; undefined where nothing maps it. Whole names come before patterns, and of
 * those the longest: the wire does not keep the order in which they were declared.
 */
export function mapNamespace(name: string, mapping: NamespaceMapping | undefined): string | undefined {
  if (!mapping) return undefined;
  if (Object.hasOwn(mapping, name)) return mapping[name];
  const patterns = Object.entries(mapping).filter(([from]) => isPattern(from));
  for (const [from, to] of patterns.toSorted(([a], [b]) => b.length - a.length || (a < b ? -1 : 1))) {
    const [before = "", after = ""] = from.split("*");
    const fits =
      name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
    if (fits) return to.replace("*", name.slice(before.length, name.length - after.length));
  }
  return undefined;
}

/** What is wrong with an entry, or undefined. */
export function mappingProblem(from: string, to: string): string | undefined {
  const stars = (text: string) => text.split("*").length - 1;
  if (stars(from) > 1 || stars(to) > 1) return `"${from}" → "${to}" has more than one *`;
  if (stars(from) === 0 && stars(to) === 1) return `"${to}" has a * that stands for nothing in "${from}"`;
  if (stars(from) === 1 && stars(to) === 0)
    return `"${from}" would map all that fits to the one namespace "${to}"`;
  const no = [from, to].find((text) => !NAMESPACE_NAME.test(text.replace("*", "x")));
  return no === undefined
    ? undefined
    : `"${from}" → "${to}": "${no}" can be the name of no namespace: those are ${NAMESPACE_NAMES}`;
}
