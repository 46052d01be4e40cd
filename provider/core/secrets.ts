import { randomBytes, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { isSecretField, type SecretField } from "../../model/secret-fields.ts";
import { Problem, wordsOf } from "./errors.ts";
import type { Secret } from "./fields.ts";
import { hasUnknown, shortHash } from "./values.ts";

/** Shorter values would hide ordinary words. No real key is that short. */
const SHORTEST = 6;

/**
 * The secrets that a session has learned. Messages that leave the provider are cleaned of them: raw, base64 and
 * URL-encoded.
 */
export class Secrets {
  readonly #learned = new Set<string>();

  learn(value: string): void {
    for (const secret of [value, ...secretsInKubeconfig(value)]) {
      if (secret.length < SHORTEST) continue;
      this.#learned.add(secret);
      const bytes = Buffer.from(secret);
      // The text is decoded from UTF-8 first, because encodeURIComponent throws on half a surrogate pair.
      this.#learned.add(encodeURIComponent(bytes.toString()));
      for (const form of base64Forms(bytes)) this.#learned.add(form);
    }
  }

  redact(text: string): string {
    let clean = text;
    // Longer secrets come first, because a secret may contain another.
    for (const secret of [...this.#learned].toSorted((a, b) => b.length - a.length)) {
      clean = clean.replaceAll(secret, "[secret]");
    }
    return clean;
  }
}

/**
 * Returns the base64 of a secret inside a longer text: three alignments, each without the characters that depend on the
 * surrounding text, in both alphabets.
 */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), secret]);
    const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((alphabet) => padded.toString(alphabet).slice(first, end));
  });
}

/**
 * Returns the tokens, keys and passwords in a kubeconfig. A message never contains a whole kubeconfig, but may contain
 * these.
 */
function secretsInKubeconfig(text: string): string[] {
  if (!text.includes("clusters")) return [];
  const fields =
    /["']?(?:token|password|client-key-data|id-token|refresh-token|access-token|client-secret)["']?\s*:\s*["']?([^\s"',}]+)/g;
  return [...text.matchAll(fields)].map((match) => match[1] ?? "");
}

/** Returns the content of a single secret, as the property of that name. */
export const resolveSecret = (secrets: Secrets, secret: Secret, property: SecretField): string =>
  (resolveIn(secrets, { [property]: secret }, "") as Record<string, string>)[property] ?? "";

/** Returns the content of a secret, if it can be resolved here. */
export function contentOf(secret: Secret): string | undefined {
  const content = read(secret);
  return "value" in content ? content.value : undefined;
}

/** Replaces every secret with its content. All references that cannot be resolved are reported at once. */
export function resolveIn(
  secrets: Secrets,
  value: object,
  at: string,
  declaredAs = (path: string) => path,
): unknown {
  const missing: string[] = [];
  const resolved = mapSecrets(value, at, (secret, path) => {
    const content = read(secret);
    if ("problem" in content) missing.push(`${declaredAs(path)}: ${content.problem}`);
    else secrets.learn(content.value);
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

/**
 * Hashes of references, by path: `storage.minio.credentials.static.secretAccessKey` → `<salt>:<hash>`. So a rotated
 * secret is a diff.
 */
export type Fingerprints = Record<string, string>;

export interface FingerprintResult {
  fingerprints: Fingerprints;
  /** References that cannot be resolved here. Their old fingerprints stay. */
  unresolved: { path: string; problem: string }[];
}

export function fingerprintReferences(
  { secrets, fingerprinter }: { secrets: Secrets; fingerprinter: Fingerprinter },
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
        secrets.learn(secret);
        return secret;
      }
      const content = read(secret);
      if ("problem" in content) {
        result.unresolved.push({ path, problem: content.problem });
        if (before !== undefined) result.fingerprints[path] = before;
      } else {
        secrets.learn(content.value);
        result.fingerprints[path] = fingerprinter.fingerprint(fieldAt(path), content.value, before);
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
        isSecretField(key) && isSecret(inner) ? change(inner, here) : mapSecrets(inner, here, change),
      ];
    }),
  );
}

/** Returns the last part of a path: `secretAccessKey`. */
const fieldAt = (path: string): string => path.split(".").at(-1) ?? path;

/** Returns true for a secret. The schema reports one of a wrong shape. */
const isSecret = (value: unknown): value is Secret => {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  const { env, file } = value as { env?: unknown; file?: unknown };
  return typeof (env ?? file) === "string";
};

/**
 * A longer value is a file: a kubeconfig, a certificate, a key. A machine generated the secret in it, and a guess has
 * to match all of it. Secrets that people choose are shorter.
 */
const LONG = 256;

/** The fingerprints that a session has computed, by subject and value, with their salts. */
export class Fingerprinter {
  readonly #hashes = new Map<string, string>();
  readonly #salts = new Map<string, string>();

  /**
   * Returns the fingerprint of a secret value, `<salt>:<hash>`, which changes with the value. More people read state
   * than may know the value. So a short value is hashed slowly, which makes each guess as slow. The salt of `before` is
   * kept. Otherwise it is the salt of the same value of the same `subject` in this session, which a hundred resources
   * share, so that each value is hashed once. `subject` names the property: equal passwords of two properties have
   * different fingerprints.
   */
  fingerprint(subject: string, value: string, before?: string): string {
    const key = shortHash(64, subject, value);
    const salt = before?.split(":")[0] ?? this.#salts.get(key) ?? randomBytes(8).toString("hex");
    if (!this.#salts.has(key)) this.#salts.set(key, salt);
    const hashed = this.#hashes.get(`${salt} ${key}`) ?? hash(value, salt);
    this.#hashes.set(`${salt} ${key}`, hashed);
    return `${salt}:${hashed}`;
  }
}

/** Hashes a value. The parameters of scrypt are Node's own: 16 MB and about 50 ms for each guess. */
const hash = (value: string, salt: string): string =>
  value.length > LONG ? shortHash(16, salt, value) : scryptSync(value, salt, 8).toString("hex");

/** A value in which each secret is its content. */
export type Resolved<T> = {
  [Key in keyof T]: Key extends SecretField ? Exclude<T[Key], object> : Resolved<T[Key]>;
};
