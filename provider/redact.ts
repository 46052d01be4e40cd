/**
 * Keeps secrets out of whatever leaves the provider as words. Every secret value that passes through is learned; every
 * message is cleaned of them: raw, base64 and URL-encoded.
 */
const learned = new Set<string>();

/** Shorter values would blank out ordinary words; nobody's real key is that short. */
const SHORTEST = 6;

export function learnSecret(value: string): void {
  for (const secret of [value, ...secretsInKubeconfig(value)]) {
    if (secret.length < SHORTEST) continue;
    learned.add(secret);
    learned.add(encodeURIComponent(secret));
    const base64 = Buffer.from(secret).toString("base64");
    // Inside of a longer base64 text the last characters depend on what follows.
    learned.add(base64.replace(/.{0,2}=*$/, ""));
  }
}

export function redact(text: string): string {
  let clean = text;
  // Longest first: a secret may hold another.
  for (const secret of [...learned].toSorted((a, b) => b.length - a.length)) {
    clean = clean.replaceAll(secret, "[secret]");
  }
  return clean;
}

/** A kubeconfig as a whole never appears in a message; the tokens, keys and passwords in it might. */
function secretsInKubeconfig(text: string): string[] {
  if (!text.includes("clusters")) return [];
  const fields =
    /["']?(?:token|password|client-key-data|id-token|refresh-token|access-token|client-secret)["']?\s*:\s*["']?([^\s"',}]+)/g;
  return [...text.matchAll(fields)].map((match) => match[1] ?? "");
}
