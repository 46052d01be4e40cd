import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { canonical } from "../../lifecycle/canonical.ts";

const PACKED = "kubeconfig-packed:";

/** What is packed, by its content: compressed anew, it may look otherwise under another Node, and so be a change. */
const known = new Map<string, string>();

/**
 * Returns a minimized kubeconfig in fewer letters: state keeps a secret in base64, which here would be the third base64
 * around a certificate. Another text stays as it is.
 */
export function packKubeconfig(content: string): string {
  const before = known.get(content);
  if (before !== undefined) return before;
  const packed = packedForm(content);
  if (packed === undefined || contentIn(packed) !== content) return content;
  known.set(content, packed);
  return packed;
}

/** Returns the content of what `packKubeconfig` has made, and any other text as it is. */
export function unpackKubeconfig(text: string): string {
  if (!text.startsWith(PACKED)) return text;
  const content = contentIn(text);
  known.set(content, text);
  return content;
}

function packedForm(content: string): string | undefined {
  try {
    return `${PACKED}${brotliCompressSync(withTexts(content)).toString("base64")}`;
  } catch {
    // No JSON: it was not minimized.
    return undefined;
  }
}

const PEM = "-----BEGIN ";

/** The text of a certificate or key in place of base64 of it. */
const withTexts = (content: string): string =>
  eachText(content, (value) => {
    const text = Buffer.from(value, "base64").toString();
    return text.startsWith(PEM) ? text : value;
  });

const contentIn = (packed: string): string =>
  eachText(brotliDecompressSync(Buffer.from(packed.slice(PACKED.length), "base64")).toString(), (value) =>
    value.startsWith(PEM) ? Buffer.from(value).toString("base64") : value,
  );

function eachText(json: string, change: (value: string) => string): string {
  const parsed = JSON.parse(json, (name, value: unknown) =>
    name.endsWith("-data") && typeof value === "string" ? change(value) : value,
  ) as unknown;
  return canonical(parsed);
}
