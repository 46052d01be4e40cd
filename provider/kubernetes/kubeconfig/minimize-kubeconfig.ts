import { readFileSync } from "node:fs";
import path from "node:path";
import { canonical } from "../../lifecycle/canonical.ts";
import { FOR_PLUGINS, isPathIn, kubeconfigFields } from "./kubeconfig-fields.ts";
import { isRecord, type KubeconfigFile, type Named, parseKubeconfig } from "./parse-kubeconfig.ts";

/** The loader cannot read this, and says so in the same words as of the text that it stands for. */
const UNREADABLE = "{";

/**
 * Returns the content of a kubeconfig with one context alone, as `kubectl config view --raw --minify --flatten` prints
 * it: the named one, else the current one. The same context always gives the same text, whatever else the file holds.
 * A file without that context keeps the names of its contexts and no credentials: the loader refuses it by these.
 */
export async function minimizeKubeconfig(text: string, context?: string): Promise<string> {
  const file = await parseKubeconfig(text).catch(() => undefined);
  if (!file) return UNREADABLE;
  const name = context ?? file.currentContext;
  const chosen = file.contexts.filter((each) => each.name === name);
  const [first] = chosen;
  // The loader refuses an entry that stands there twice, so that both stay.
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

/** The loader tells of names that no kubectl knows. Their values decide nothing. */
function unknownNames({ whole }: KubeconfigFile): Record<string, null> {
  const names = Object.keys(whole).filter((name) => !Object.hasOwn(kubeconfigFields.file, name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

/**
 * kubectl puts the content of these files in place of their paths (client-go v0.33 tools/clientcmd/api/helpers.go,
 * FlattenConfig), and leaves a token file, which is read whenever it is needed. A path that leads to no file here, or
 * is relative, stays for the loader to refuse.
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

/** Tools note there what changes by itself, like the time of minikube's last start. A plugin's alone is ever read. */
function withoutExtensions({ extensions, ...value }: Named["value"]): Named["value"] {
  const list = Array.isArray(extensions) ? (extensions as unknown[]) : [];
  const read = list.filter((each) => isRecord(each) && each["name"] === FOR_PLUGINS);
  return read.length > 0 ? { ...value, extensions: read } : value;
}
