import type { KindFinding } from "./kind-mention.ts";

const HEAVIEST_FIRST: readonly KindFinding["weight"][] = ["misspelt", "misplaced", "unknown", "idle"];

/** Keeps the heaviest finding of each word. */
export const oneEach = (findings: readonly KindFinding[]): KindFinding[] => {
  const paths = [...new Set(findings.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = findings.filter((each) => each.path === path);
    return HEAVIEST_FIRST.flatMap((weight) => own.find((each) => each.weight === weight) ?? []).slice(0, 1);
  });
};
