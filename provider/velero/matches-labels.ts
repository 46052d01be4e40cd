import type { LabelSelector } from "./types.ts";

/** Matches labels by one selector or by any of several. Without selectors everything matches. */
export function matchesLabels(
  {
    labelSelector,
    orLabelSelectors,
  }: { labelSelector?: LabelSelector | undefined; orLabelSelectors?: readonly LabelSelector[] | undefined },
  labels: Record<string, string> = {},
): boolean {
  const selectors = labelSelector ? [labelSelector] : (orLabelSelectors ?? []);
  return selectors.length === 0 || selectors.some((selector) => matches(selector, labels));
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
