/** The secrets that were learned. Messages that leave the provider are cleaned of them: raw, base64 and URL-encoded. */
const learned = new Set<string>();

/** Shorter values would hide ordinary words. No real key is that short. */
const SHORTEST = 6;

export function learnSecret(value: string): void {
  for (const secret of [value, ...secretsInKubeconfig(value)]) {
    if (secret.length < SHORTEST) continue;
    learned.add(secret);
    const bytes = Buffer.from(secret);
    // The text is decoded from UTF-8 first, because encodeURIComponent throws on half a surrogate pair.
    learned.add(encodeURIComponent(bytes.toString()));
    for (const form of base64Forms(bytes)) learned.add(form);
  }
}

/** Forgets all secrets. It is for a process that continues when nothing needs the secrets any more. */
export const forgetSecrets = (): void => learned.clear();

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

export function redact(text: string): string {
  let clean = text;
  // Longer secrets come first, because a secret may contain another.
  for (const secret of [...learned].toSorted((a, b) => b.length - a.length)) {
    clean = clean.replaceAll(secret, "[secret]");
  }
  return clean;
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
