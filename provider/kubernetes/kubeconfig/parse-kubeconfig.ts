import { isRecord } from "../../core/values.ts";
/** A kubeconfig as read from a file. Nothing in it has been judged yet. */
export interface KubeconfigFile {
  clusters: Named[];
  users: Named[];
  contexts: Named[];
  currentContext: string | undefined;
  /** The whole file, to find unknown names. */
  whole: Record<string, unknown>;
}

export interface Named {
  name: string;
  value: Record<string, unknown>;
}

/** Returns true for content, and false for a path: a path is one line. */
export const isContent = (text: string): boolean => /[\n{]/.test(text);

/** Reads YAML or JSON. It throws the errors of the YAML parser, which may quote a secret. */
export async function parseKubeconfig(text: string): Promise<KubeconfigFile> {
  const parsed = await parseYaml(text);
  const whole = isRecord(parsed) ? parsed : {};
  const current = whole["current-context"];
  return {
    clusters: namedIn(whole["clusters"], "cluster"),
    users: namedIn(whole["users"], "user"),
    contexts: namedIn(whole["contexts"], "context"),
    currentContext: typeof current === "string" && current !== "" ? current : undefined,
    whole,
  };
}

/** Returns the entries that have a name. */
function namedIn(list: unknown, key: string): Named[] {
  if (!Array.isArray(list)) return [];
  return (list as unknown[])
    .filter(isRecord)
    .flatMap(({ name, [key]: value }) =>
      typeof name === "string" ? [{ name, value: isRecord(value) ? value : {} }] : [],
    );
}

/**
 * Parses YAML or JSON. JSON is valid YAML, and most programs write JSON. The YAML parser is loaded only if it is
 * needed.
 */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      // A YAML flow mapping begins with a brace as well.
    }
  }
  const { load } = await import("js-yaml");
  return load(text);
}
