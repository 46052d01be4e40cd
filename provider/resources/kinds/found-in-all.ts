import type { KindFinding } from "./kind-mention.ts";

const LIGHTEST_FIRST: readonly KindFinding["weight"][] = ["idle", "unknown", "misplaced", "misspelt"];

/** Keeps the findings that hold in every cluster: a word is right if one cluster has the kind. */
export function foundInAll(clusters: readonly (readonly KindFinding[])[]): KindFinding[] {
  const [first = [], ...others] = clusters;
  if (others.length === 0) return [...first];
  return first.flatMap(({ path }) => {
    const same = clusters.flatMap((findings) => findings.find((each) => each.path === path) ?? []);
    if (same.length < clusters.length) return [];
    const lightest = LIGHTEST_FIRST.flatMap((weight) => same.find((each) => each.weight === weight) ?? [])[0];
    return lightest ? [{ ...lightest, reason: `${lightest.reason} (the same in every cluster)` }] : [];
  });
}
