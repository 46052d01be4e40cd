import { randomBytes, scryptSync } from "node:crypto";
import { shortHash } from "./canonical.ts";

/**
 * A longer value is a file: a kubeconfig, a certificate, a key. A machine has made the secret in it, and who guesses
 * has to guess all of it. What people choose is shorter.
 */
const LONG = 256;

/** This process keeps the fingerprints that it has computed, by subject and value, with their salts. */
const hashes = new Map<string, string>();
const salts = new Map<string, string>();

/**
 * `<salt>:<hash>` of a secret value, which changes when the value does. State is read by more people than may know the
 * value, so that a short one is hashed slowly: each guess takes as long. The salt of `before` stays. Else it is the
 * one of the same value of the same `subject` in this process, which a hundred resources share, so that each value is
 * hashed once. A `subject` says what it is the value of: equal passwords for two things do not look equal.
 */
export function fingerprint(subject: string, value: string, before?: string): string {
  const key = shortHash(64, subject, value);
  const salt = before?.split(":")[0] ?? salts.get(key) ?? randomBytes(8).toString("hex");
  if (!salts.has(key)) salts.set(key, salt);
  const hashed = hashes.get(`${salt} ${key}`) ?? hash(value, salt);
  hashes.set(`${salt} ${key}`, hashed);
  return `${salt}:${hashed}`;
}

/** The parameters of scrypt are Node's own: 16 MB and some 50 ms for each guess. */
const hash = (value: string, salt: string): string =>
  value.length > LONG ? shortHash(16, salt, value) : scryptSync(value, salt, 8).toString("hex");
