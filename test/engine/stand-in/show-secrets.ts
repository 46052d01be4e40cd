import type { SecretCipher } from "./secret-cipher.ts";

/** What a stack exports, with `plaintext` in place of each `ciphertext`. */
export function showSecrets(value: unknown, cipher: SecretCipher): unknown {
  if (Array.isArray(value)) return value.map((each) => showSecrets(each, cipher));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) =>
      key === "ciphertext" && typeof inner === "string"
        ? ["plaintext", cipher.decrypt(inner)]
        : [key, showSecrets(inner, cipher)],
    ),
  );
}
