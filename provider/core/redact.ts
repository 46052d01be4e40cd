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
    const bytes = Buffer.from(secret);
    // By way of UTF-8, since encodeURIComponent throws at half a surrogate pair.
    learned.add(encodeURIComponent(bytes.toString()));
    for (const form of base64Forms(bytes)) learned.add(form);
  }
}

/** For a process that goes on when all that held secrets is over. */
export const forgetSecrets = (): void => learned.clear();

/**
 * What base64 makes of it wherever it stands in a longer text: three alignments, of each the characters that do not
 * depend on what stands before and after; in both alphabets.
 */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), secret]);
    const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((alphabet) => padded.toString(alphabet).slice(first, end));
  });
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
