/** The factor that a suffix stands for (Kubernetes `apimachinery/pkg/api/resource/quantity.go`). */
const FACTORS: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity of Kubernetes stands for: `10Gi`, `5e3`; undefined where it is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number, suffix = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  const factor = FACTORS[suffix];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
