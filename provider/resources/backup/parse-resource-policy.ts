import { parseYaml } from "../../kubernetes/parse-yaml.ts";

const VERSION = "v1";
const ACTIONS = ["skip", "snapshot", "fs-backup", "custom"];

/** Policies as somebody wrote them, or what keeps Velero from reading them. */
export type ParsedPolicy = { policy: Record<string, unknown> } | { problem: string };

/**
 * Reads the data of a ConfigMap as Velero reads its resource policies: one key of any name, and in it YAML of one version
 * (velero v1.18.3, internal/resourcepolicies/resource_policies.go). What is said of kinds and volumes beyond that is for
 * Velero to judge, whose later versions know more.
 */
export async function parseResourcePolicy(
  data: Readonly<Record<string, string>> = {},
): Promise<ParsedPolicy> {
  const [file, ...others] = Object.entries(data);
  if (file === undefined) return { problem: "has no data, and Velero wants exactly one key" };
  if (others.length > 0) {
    return {
      problem: `has ${others.length + 1} keys (${Object.keys(data).join(", ")}), and Velero wants exactly one`,
    };
  }
  const [key, text] = file;
  try {
    return judge(key, await parseYaml(text));
  } catch (error) {
    const { reason, message } = error as { reason?: string; message?: string };
    return { problem: `holds no YAML in its key "${key}": ${reason ?? message ?? String(error)}` };
  }
}

function judge(key: string, policy: unknown): ParsedPolicy {
  if (!isObject(policy)) return { problem: `holds no resource policies in its key "${key}"` };
  const { version, volumePolicies = [] } = policy;
  if (version !== VERSION)
    return {
      problem: `has version ${JSON.stringify(version) ?? "none"} in its key "${key}", and Velero knows "${VERSION}" alone`,
    };
  if (volumePolicies !== null && !Array.isArray(volumePolicies))
    return { problem: "has volumePolicies that are no list" };
  const wrong = ((volumePolicies ?? []) as unknown[]).findIndex((each) => !isVolumePolicy(each));
  if (wrong >= 0)
    return {
      problem: `has no action that Velero knows in volumePolicies.${wrong}: its type is one of ${ACTIONS.join(", ")}`,
    };
  return { policy };
}

function isVolumePolicy(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { conditions = {}, action } = value;
  return (
    (conditions === null || isObject(conditions)) &&
    isObject(action) &&
    ACTIONS.includes(String(action["type"]))
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
