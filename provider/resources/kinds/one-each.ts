import type { KindFinding } from "./kind-mention.ts";

const HEAVIEST_FIRST: readonly KindFinding["weight"][] = ["misspelt", "misplaced", "unknown", "idle"];

/** Of each word the heaviest finding. */
export const oneEach = (findings: readonly KindFinding[]): KindFinding[] => {
  const paths = [...new Set(findings.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = findings.filter((each) => each.path === path);
    return HEAVIEST_FIRST.flatMap((weight) => own.find((each) => each.weight === weight) ?? []).slice(0, 1);
  });
};
