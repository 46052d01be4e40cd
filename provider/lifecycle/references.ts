import { readFileSync } from "node:fs";
import { dirname, resolve as resolvePath } from "node:path";
import { Problem, wordsOf } from "../errors.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { learnSecret } from "../redact.ts";
import type { Secret, SecretField, StorageConfig } from "../storage/storage-config.ts";
import { asDeclared } from "../storage/ways.ts";
import { fingerprint } from "./fingerprint.ts";
import { hasUnknown } from "./unknown.ts";

const secretFields: Record<SecretField, true> = {
  accessKeyId: true,
  secretAccessKey: true,
  sessionToken: true,
  serviceAccountKey: true,
  clientSecret: true,
  storageAccountKey: true,
  caCertificate: true,
  kubeconfig: true,
  repositoryPassword: true,
};

/** With every secret's content; `declaredAs`: what the user calls a path of it. */
export const resolveStorage = (storage: StorageConfig, declaredAs = asDeclared): StorageConfig<string> =>
  resolveIn(storage, "storage", declaredAs) as StorageConfig<string>;

export function resolveConnection(connection: Connection, property: string): Connection<string> {
  const { kubeconfig } = connection;
  const resolved = resolveIn(connection, property) as Connection<string>;
  return typeof kubeconfig === "object" && "file" in kubeconfig
    ? { ...resolved, folder: dirname(resolvePath(kubeconfig.file)) }
    : resolved;
}

/** The content of one that stands by itself, as the property of that name. */
export const resolveSecret = (secret: Secret, property: SecretField): string =>
  (resolveIn({ [property]: secret }, "") as Record<string, string>)[property] ?? "";

/** What it stands for here, if that can be told. */
export function contentOf(secret: Secret): string | undefined {
  const content = read(secret);
  return "value" in content ? content.value : undefined;
}

/** Every secret replaced by its content. All references that cannot be resolved are told at once. */
function resolveIn(value: object, at: string, declaredAs = asDeclared): unknown {
  const missing: string[] = [];
  const resolved = mapSecrets(value, at, (secret, path) => {
    const content = read(secret);
    if ("problem" in content) missing.push(`${declaredAs(path)}: ${content.problem}`);
    else learnSecret(content.value);
    return "value" in content ? content.value : "";
  });
  if (missing.length > 0) {
    throw new Problem({
      code: "UnresolvedReference",
      what: missing.join("; "),
      todo: "Set it where Pulumi runs, in `destroy` and `refresh`, too.",
    });
  }
  return resolved;
}

/** `storage.minio.credentials.static.secretAccessKey` → `<salt>:<hash>`, so that a rotated reference is a diff. */
export type Fingerprints = Record<string, string>;

export interface FingerprintResult {
  fingerprints: Fingerprints;
  /** References that cannot be resolved here; their old fingerprints stay. */
  unresolved: { path: string; problem: string }[];
}

export function fingerprintReferences(
  parts: Record<string, object | undefined>,
  old: Fingerprints = {},
): FingerprintResult {
  const result: FingerprintResult = { fingerprints: {}, unresolved: [] };
  for (const [name, part] of Object.entries(parts)) {
    mapSecrets(part ?? {}, name, (secret, path) => {
      const before = old[path];
      if (hasUnknown(secret)) {
        if (before !== undefined) result.fingerprints[path] = before;
        return secret;
      }
      if (typeof secret === "string") {
        learnSecret(secret);
        return secret;
      }
      const content = read(secret);
      if ("problem" in content) {
        result.unresolved.push({ path, problem: content.problem });
        if (before !== undefined) result.fingerprints[path] = before;
      } else {
        learnSecret(content.value);
        result.fingerprints[path] = fingerprint(fieldAt(path), content.value, before);
      }
      return secret;
    });
  }
  return result;
}

function read(secret: Secret): { value: string } | { problem: string } {
  if (typeof secret === "string") return { value: secret };
  if ("env" in secret) {
    const value = process.env[secret.env];
    return value ? { value } : { problem: `the environment variable ${secret.env} is not set` };
  }
  try {
    return { value: readFileSync(resolvePath(secret.file), "utf8").trim() };
  } catch (error) {
    return { problem: `the file ${secret.file} cannot be read (${wordsOf(error)})` };
  }
}

function mapSecrets(value: unknown, path: string, change: (secret: Secret, path: string) => Secret): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      const here = path ? `${path}.${key}` : key;
      return [
        key,
        Object.hasOwn(secretFields, key) && isSecret(inner)
          ? change(inner, here)
          : mapSecrets(inner, here, change),
      ];
    }),
  );
}

/** `secretAccessKey`, wherever it stands. */
const fieldAt = (path: string): string => path.split(".").at(-1) ?? path;

/** One of a wrong shape is left to the schema. */
const isSecret = (value: unknown): value is Secret => {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  const { env, file } = value as { env?: unknown; file?: unknown };
  return typeof (env ?? file) === "string";
};
