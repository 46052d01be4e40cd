import { isRecord, canonical } from "../../core/values.ts";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { Problem, wordsOf } from "../../core/errors.ts";
import type { ClusterLabel, ResolvedConnection } from "../connection.ts";
import type { Secrets } from "../../core/secrets.ts";
import type { CoreSession } from "../../core/session.ts";
import {
  type ChosenContext,
  isPathIn,
  judgeContext,
  type Section,
  isContent,
  type KubeconfigFile,
  type Named,
  parseKubeconfig,
  FOR_PLUGINS,
  kubeconfigFields,
} from "./judge-kubeconfig.ts";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";

/** The folder with a pod's service account. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Returns the context of a resolved connection. All fields that are not supported are refused at once. */
export async function loadKubeconfig(
  { notices, secrets }: Pick<CoreSession, "notices" | "secrets">,
  connection: ResolvedConnection,
  label: ClusterLabel,
): Promise<ChosenContext> {
  const property = `${label.property}.${connection.ambient ? "ambient" : "kubeconfig"}`;
  const refuse = (what: string, todo: string, said?: string): never => {
    throw new Problem({
      code: "BadKubeconfig",
      property,
      what: `the kubeconfig of cluster "${label.key}" ${what}`,
      said,
      todo,
    });
  };

  const places = placesOf(connection);
  if (places.length === 0) {
    const pod = serviceAccount();
    if (pod) return pod;
    refuse(
      "is not there: neither KUBECONFIG nor ~/.kube/config leads to a file, and this is no pod",
      "Set KUBECONFIG where Pulumi runs, or declare the cluster's `kubeconfig`.",
    );
  }
  const files: { file: KubeconfigFile; folder: string | undefined }[] = [];
  for (const place of places) {
    try {
      const text = "text" in place ? place.text : readFileSync(place.path, "utf8");
      secrets.learn(text);
      const folder = "text" in place ? connection.folder : path.dirname(path.resolve(place.path));
      files.push({ file: await parseKubeconfig(text), folder });
    } catch (error) {
      refuse(
        "cannot be read",
        "Give the whole content of a kubeconfig file, as `kubectl config view --raw --minify` prints it.",
        // A YAML parser quotes the invalid line, and that line may be a token.
        (error as NodeJS.ErrnoException).syscall ? wordsOf(error) : undefined,
      );
    }
  }
  const isEmpty = files.every(({ file }) => file.clusters.length === 0);
  if (!connection.ambient && isEmpty && !isContent(connection.kubeconfig ?? "")) {
    refuse(
      "is one line, and not the path of a file that is there",
      "Give the whole content of a kubeconfig file, not base64 of it, or a path, in which ~ stands for no folder.",
    );
  }

  const current = files.map(({ file }) => file.currentContext).find((name) => name !== undefined);
  const name = connection.context ?? current;
  const known = files.flatMap(({ file }) => file.contexts.map((each) => each.name));
  if (connection.context !== undefined && !known.includes(connection.context)) {
    throw new Problem({
      code: "BadKubeconfig",
      property: `${label.property}.context`,
      what: `the kubeconfig of cluster "${label.key}" has no context "${connection.context}"`,
      todo: known.length > 0 ? `It has: ${known.join(", ")}.` : "It has none.",
    });
  }
  const context = files.flatMap(({ file }) => file.contexts).find((each) => each.name === name);
  if (!context) {
    return refuse(
      name === undefined
        ? "has no current context"
        : `has no context "${name}", which is its current context`,
      known.length > 0
        ? `Set its current-context, or name one in \`context\`. It has: ${known.join(", ")}.`
        : "Set its current-context, or name one in `context`.",
    );
  }
  const { cluster, user, problems, notices: advice } = judgeFiles(files, context);
  for (const notice of new Set(advice))
    notices.warn(`cluster "${label.key}"`, `in its kubeconfig, ${notice}`);
  if (problems.length > 0) {
    refuse(
      `cannot be used: ${problems.join("; ")}`,
      places.some((place) => "text" in place)
        ? "Mend it; `kubectl config view --raw --minify --flatten` prints one that needs no other file."
        : "Mend it.",
    );
  }
  learnSecretsOf(secrets, user);
  return { cluster, user };
}

/** YAML has several spellings of a value. Here it has one. */
function learnSecretsOf(secrets: Secrets, user: ChosenContext["user"]): void {
  const config = user["auth-provider"]?.config;
  const ofProvider: unknown[] = typeof config === "object" && config !== null ? Object.values(config) : [];
  for (const value of [user.token, user.password, user["client-key-data"], ...ofProvider]) {
    if (typeof value === "string") secrets.learn(value);
  }
}

/**
 * With several files in KUBECONFIG, the first entry of each name counts (clientcmd/loader.go, v0.33), with the folder
 * of its file.
 */
function judgeFiles(
  files: { file: KubeconfigFile; folder: string | undefined }[],
  context: KubeconfigFile["contexts"][number],
): ReturnType<typeof judgeContext> {
  const [first] = files;
  if (first && files.length === 1) return judgeContext(first.file, context, first.folder);
  const absolute = files.map(({ file, folder }) => ({
    ...file,
    clusters: file.clusters.map((each) => inFolder(each, "cluster", folder)),
    users: file.users.map((each) => inFolder(each, "user", folder)),
  }));
  const firstOfEach = (list: "clusters" | "users" | "contexts") =>
    absolute.flatMap((file, index) =>
      file[list].filter(
        ({ name }) =>
          !absolute.slice(0, index).some((earlier) => earlier[list].some((each) => each.name === name)),
      ),
    );
  const merged: KubeconfigFile = {
    clusters: firstOfEach("clusters"),
    users: firstOfEach("users"),
    contexts: firstOfEach("contexts"),
    currentContext: undefined,
    whole: Object.assign({}, ...absolute.map(({ whole }) => whole)) as KubeconfigFile["whole"],
  };
  return judgeContext(merged, context, undefined);
}

/** Returns the entry with its paths resolved from that folder. */
function inFolder({ name, value }: Named, section: "cluster" | "user", folder = "."): Named {
  const resolved = (fields: Section, values: Named["value"]): Named["value"] =>
    Object.fromEntries(
      Object.entries(values).map(([field, inner]) => [
        field,
        isPathIn(fields, field, inner) ? path.resolve(folder, inner) : inner,
      ]),
    );
  const { exec } = value;
  const ofPlugin = section === "user" && isRecord(exec) ? { exec: resolved("exec", exec) } : {};
  return { name, value: { ...resolved(section, value), ...ofPlugin } };
}

type Place = { text: string } | { path: string };

/** kubectl ignores missing files in KUBECONFIG. */
function placesOf(connection: ResolvedConnection): Place[] {
  const { ambient, kubeconfig = "" } = connection;
  if (!ambient) return [isPath(kubeconfig) ? { path: kubeconfig } : { text: kubeconfig }];
  const named = process.env["KUBECONFIG"];
  const home = process.env["HOME"] || homedir();
  const paths = named ? named.split(path.delimiter) : [path.join(home, ".kube", "config")];
  return paths.filter((each) => each !== "" && existsSync(each)).map((each) => ({ path: each }));
}

/** Returns the connection of a pod without a kubeconfig (k8s.io/client-go rest/config.go, InClusterConfig). */
function serviceAccount(): ChosenContext | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const tokenFile = `${SERVICE_ACCOUNT}/token`;
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { cluster: { server, "certificate-authority": `${SERVICE_ACCOUNT}/ca.crt` }, user: { tokenFile } };
}

/**
 * Returns true for a path. A k8s.Provider accepts a path instead of content. Content is never a single line that names
 * a file.
 */
const isPath = (text: string): boolean => !isContent(text) && existsSync(text);

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
