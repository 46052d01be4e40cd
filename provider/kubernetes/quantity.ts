const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** A quantity of Kubernetes as a number: `1Gi`, `500m`, `12e6`. Undefined where it is none. */
export function quantityOf(text: unknown): number | undefined {
  if (typeof text === "number") return text;
  const [, digits = "", suffix = ""] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const power = BINARY.indexOf(suffix);
  const factor = power >= 0 ? 1024 ** (power + 1) : 10 ** (DECIMAL[suffix] ?? Number.NaN);
  const value = Number(digits === "" ? Number.NaN : digits) * factor;
  return Number.isNaN(value) ? undefined : value;
}
