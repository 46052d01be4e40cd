import { readFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { canonical, isRecord } from "../../core/values.ts";
import { FOR_PLUGINS, isPathIn, kubeconfigFields } from "./judge-kubeconfig.ts";
import { type KubeconfigFile, type Named, parseKubeconfig } from "./parse-kubeconfig.ts";

/** The loader cannot read this, and reports it with the same message as the original text. */
const UNREADABLE = "{";

/**
 * Returns the content of a kubeconfig with only one context, as `kubectl config view --raw --minify --flatten` prints
 * it: the named one, or the current one. The same context always gives the same text, whatever else the file contains.
 * If a file lacks that context, the names of its contexts are kept, without credentials. The loader's refusal lists
 * them.
 */
export async function minimizeKubeconfig(text: string, context?: string): Promise<string> {
  const file = await parseKubeconfig(text).catch(() => undefined);
  if (!file) return UNREADABLE;
  const name = context ?? file.currentContext;
  const chosen = file.contexts.filter((each) => each.name === name);
  const [first] = chosen;
  // Both entries are kept, because the loader refuses a duplicate.
  const entriesOf = (list: Named[], section: "cluster" | "user") =>
    list
      .filter((each) => each.name === first?.value[section])
      .map((each) => ({ name: each.name, [section]: withoutExtensions(flattened(section, each.value)) }));
  return canonical({
    ...unknownNames(file),
    apiVersion: "v1",
    kind: "Config",
    clusters: entriesOf(file.clusters, "cluster"),
    contexts: first
      ? chosen.map(({ value }) => ({ name, context: withoutExtensions(value) }))
      : file.contexts.map((each) => ({ name: each.name })),
    users: entriesOf(file.users, "user"),
    "current-context": first ? name : file.currentContext,
  });
}

/** Keeps names that no kubectl knows, without their values, because the loader reports them. */
function unknownNames({ whole }: KubeconfigFile): Record<string, null> {
  const names = Object.keys(whole).filter((name) => !Object.hasOwn(kubeconfigFields.file, name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

/**
 * Replaces the paths of files with their content, as kubectl does (client-go v0.33 tools/clientcmd/api/helpers.go,
 * FlattenConfig). A token file stays, because it is read whenever it is needed. A path that is relative, or leads to no
 * file, stays, and the loader refuses it.
 */
function flattened(section: "cluster" | "user", entry: Named["value"]): Named["value"] {
  const fields = Object.entries(entry).map(([name, value]): [string, unknown] => {
    const data = `${name}-data`;
    const isFlattened = isPathIn(section, name, value) && Object.hasOwn(kubeconfigFields[section], data);
    if (!isFlattened || entry[data] || !path.isAbsolute(value)) return [name, value];
    try {
      return [data, readFileSync(value).toString("base64")];
    } catch {
      return [name, value];
    }
  });
  return Object.fromEntries(fields);
}

/**
 * Removes extensions, except for a plugin's: tools record changing values there, such as the time of minikube's last
 * start.
 */
function withoutExtensions({ extensions, ...value }: Named["value"]): Named["value"] {
  const list = Array.isArray(extensions) ? (extensions as unknown[]) : [];
  const read = list.filter((each) => isRecord(each) && each["name"] === FOR_PLUGINS);
  return read.length > 0 ? { ...value, extensions: read } : value;
}

const PACKED = "kubeconfig-packed:";

/**
 * The packed forms of kubeconfigs. State keeps a secret in base64, which would be the third base64 around a certificate,
 * so it is stored in a shorter form.
 */
export class PackedKubeconfigs {
  /** The packed forms, by content. Another version of Node may compress differently, which would be a change in state. */
  readonly #known = new Map<string, string>();

  /** Returns the packed form of a minimized kubeconfig. Other texts stay unchanged. */
  pack(content: string): string {
    const before = this.#known.get(content);
    if (before !== undefined) return before;
    const packed = packedForm(content);
    if (packed === undefined || contentIn(packed) !== content) return content;
    this.#known.set(content, packed);
    return packed;
  }

  /** Reverses `pack`. Other texts stay unchanged. */
  unpack(text: string): string {
    if (!text.startsWith(PACKED)) return text;
    const content = contentIn(text);
    this.#known.set(content, text);
    return content;
  }
}

function packedForm(content: string): string | undefined {
  try {
    return `${PACKED}${brotliCompressSync(withTexts(content)).toString("base64")}`;
  } catch {
    // The text is no JSON, so it was not minimized.
    return undefined;
  }
}

const PEM = "-----BEGIN ";

/** Replaces the base64 of a certificate or key with its text. */
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
