export interface Statistics {
  unit: "ms";
  samples: number;
  median: number;
  p95: number;
  max: number;
}

/** Nearest rank: every figure is one that was measured. */
export function statisticsOf(milliseconds: readonly number[]): Statistics {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
  return { unit: "ms", samples: sorted.length, median: at(0.5), p95: at(0.95), max: at(1) };
}

export const round = (value: number): number => Math.round(value * 100) / 100;
