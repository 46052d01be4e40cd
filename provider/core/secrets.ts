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
