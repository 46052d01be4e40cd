type Fields = Record<string, unknown>;

/**
 * Lists that Kubernetes merges entry by entry, by the field that holds them, and what tells their entries apart
 * (`patchMergeKey` in k8s.io/api). Other lists are atomic: one that has a further entry says something else.
 */
const MERGED: Record<string, readonly string[][]> = {
  containers: [["name"]],
  initContainers: [["name"]],
  ephemeralContainers: [["name"]],
  volumes: [["name"]],
  env: [["name"]],
  imagePullSecrets: [["name"]],
  secrets: [["name"]],
  webhooks: [["name"]],
  volumeMounts: [["mountPath"]],
  volumeDevices: [["devicePath"]],
  hostAliases: [["ip"]],
  topologySpreadConstraints: [["topologyKey", "whenUnsatisfiable"]],
  ports: [["containerPort", "protocol"]],
};
/** Ports of a Service. The ports of a NetworkPolicy look alike, and are atomic. */
const SERVICE_PORTS = { path: "spec.ports", key: ["port", "protocol"] };

/** In these lists an entry may refer to those before it. */
const ORDERED = ["initContainers", "env"];

/**
 * The places at which `live` does not say what `captured` says: `spec.template.spec.containers[web].image`. What only
 * the live object has is none of them: defaults of a newer API, a webhook's labels, entries that were merged in.
 */
export function uncovered(captured: unknown, live: unknown, path = ""): string[] {
  // A null stands for a field that is not set.
  if (captured === null || captured === undefined) return [];
  if (Array.isArray(captured)) return uncoveredEntries(captured, live ?? [], path);
  if (!isRecord(captured)) return captured === live ? [] : [path];
  // An empty object says something as well: `emptyDir: {}`, `podSelector: {}`.
  if (!isRecord(live)) return [path];
  return Object.entries(captured).flatMap(([field, value]) =>
    uncovered(value, live[field], path === "" ? field : `${path}.${field}`),
  );
}

function uncoveredEntries(captured: readonly unknown[], live: unknown, path: string): string[] {
  if (!Array.isArray(live)) return [path];
  const key = mergeKeyOf(path, [...captured, ...(live as unknown[])]);
  const keys = (entries: readonly unknown[]) => entries.map((entry) => textOf(entry, key ?? []));
  if (key && areDistinct(keys(captured)) && areDistinct(keys(live)))
    return uncoveredByKey(captured, live, { path, key });
  if (captured.length !== live.length) return [path];
  return captured.flatMap((entry, index) => uncovered(entry, live[index], `${path}[${index}]`));
}

function uncoveredByKey(
  captured: readonly unknown[],
  live: readonly unknown[],
  { path, key }: { path: string; key: readonly string[] },
): string[] {
  const places = new Map(live.map((entry, index) => [textOf(entry, key), index]));
  const found = captured.map((entry) => places.get(textOf(entry, key)) ?? -1);
  const missed = captured.flatMap((entry, index) =>
    uncovered(entry, live[found[index] ?? -1], `${path}[${textOf(entry, key)}]`),
  );
  const isOrdered = ORDERED.includes(fieldOf(path));
  const isMoved = found.some((place, index) => index > 0 && place < (found[index - 1] ?? 0));
  return missed.length === 0 && isOrdered && isMoved ? [path] : missed;
}

function mergeKeyOf(path: string, entries: readonly unknown[]): readonly string[] | undefined {
  const candidates = [
    ...(MERGED[fieldOf(path)] ?? []),
    ...(path === SERVICE_PORTS.path ? [SERVICE_PORTS.key] : []),
  ];
  return candidates.find(([first = ""]) =>
    entries.every((entry) => isRecord(entry) && entry[first] !== undefined),
  );
}

const fieldOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

const textOf = (entry: unknown, key: readonly string[]): string =>
  key
    .flatMap((field) => (isRecord(entry) ? (entry[field] ?? []) : []))
    .map(String)
    .join("/");

const areDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
