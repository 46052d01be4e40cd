import { isRecord } from "../../core/values.ts";
import path from "node:path";
import { nearestNames } from "../../core/validate.ts";

/** One context of a kubeconfig. */
export interface ChosenContext {
  cluster: ClusterEntry;
  user: UserEntry;
}

interface Judged extends ChosenContext {
  /** Fields that kubectl refuses, or that are not supported here: one clause each. */
  problems: string[];
  /** Names that no kubectl knows. */
  notices: string[];
}

/** Judges the entries of one context. A relative path is relative to `folder`. Without a folder it is a problem. */
export function judgeContext(file: KubeconfigFile, context: Named, folder: string | undefined): Judged {
  const problems: string[] = [];
  const notices: string[] = [];
  const judge = (section: Section, entry: Record<string, unknown>, at: string) =>
    judgeFields(section, entry, at, { problems, notices, folder });

  judge("file", file.whole, "");
  const { cluster: clusterName = "", user: userName = "" } = judge(
    "context",
    context.value,
    `context "${context.name}"`,
  ) as { cluster?: string; user?: string };
  const only = (list: Named[], name: string, what: string): Record<string, unknown> => {
    const [first, second] = list.filter((each) => each.name === name);
    if (second) problems.push(`the ${what} "${name}" stands there twice`);
    if (!first && name !== "")
      problems.push(`the ${what} "${name}" of context "${context.name}" is not there`);
    return first?.value ?? {};
  };
  only(file.contexts, context.name, "context");
  // A context without a user has no credentials, as in kubectl.
  const rawUser = only(file.users, userName, "user");
  const rawCluster = only(file.clusters, clusterName, "cluster");
  if (clusterName === "") problems.push(`context "${context.name}" names no cluster`);

  const user = judge("user", rawUser, `user "${userName}"`) as UserEntry;
  if (user.exec)
    user.exec = judge("exec", { ...user.exec }, `user "${userName}": exec`) as unknown as ExecEntry;
  problems.push(...problemsOfUser(user).map((words) => `user "${userName}" ${words}`));
  const cluster = judge("cluster", rawCluster, `cluster "${clusterName}"`) as unknown as ClusterEntry;
  cluster.server = (cluster.server ?? "").replace(/\/+$/, "");
  if (clusterName !== "" && !/^https?:\/\/[^/]/.test(cluster.server)) {
    problems.push(`cluster "${clusterName}" has no server that begins with https:// or http://`);
  }
  return { cluster, user, problems, notices };
}

interface Findings {
  problems: string[];
  notices: string[];
  folder: string | undefined;
}

/** Returns the supported fields of an entry, with absolute paths. */
function judgeFields(
  section: Section,
  entry: Record<string, unknown>,
  at: string,
  { problems, notices, folder }: Findings,
): Record<string, unknown> {
  const known: Record<string, Field> = kubeconfigFields[section];
  const say = (words: string): string => (at === "" ? words : `${at}: ${words}`);
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(entry)) {
    const field = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!field) {
      // The names of a section may be short. So a nearby name is suggested even if it is not certain.
      const nearest = nearestNames(name, Object.keys(known), { mistakes: Math.max(2, name.length / 4) });
      const hint = nearest.length > 0 ? `; is ${nearest.map((each) => `"${each}"`).join(" or ")} meant?` : "";
      // A misspelt limit would give the program more permissions than requested.
      const isLimit = section === "user" && (/^(as|impersonat)/i.test(name) || nearest.some(isAs));
      if (isLimit)
        problems.push(
          say(
            `the field "${name}" is not known${hint || "; impersonation is written as, as-uid, as-groups and as-user-extra"}`,
          ),
        );
      else notices.push(say(`the field "${name}" is not known and has no effect${hint}`));
      continue;
    }
    // For Go, an absent value, null and an empty text are the same.
    if (value === null || value === undefined || value === "") continue;
    const wanted = shapes[field.shape];
    if (!wanted.is(value)) problems.push(say(`${name} is not ${wanted.words}`));
    else if (typeof field.treatment === "object") problems.push(say(`${name} ${field.treatment.refused}`));
    else if (field.treatment === "honoured") {
      const isRelative = isPathIn(section, name, value) && !path.isAbsolute(value);
      if (isRelative && folder === undefined) {
        problems.push(
          say(
            `${name} is the relative path "${value}", and content has no folder that it could be relative to`,
          ),
        );
      }
      kept[name] = isRelative && folder !== undefined ? path.resolve(folder, value) : value;
    }
  }
  return kept;
}

const isAs = (name: string): boolean => /^as\b/.test(name);

const isText = (value: unknown): value is string => typeof value === "string";
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const shapes: Record<Field["shape"], { words: string; is: (value: unknown) => boolean }> = {
  text: { words: "text", is: isText },
  flag: { words: "true or false", is: (value) => typeof value === "boolean" },
  texts: { words: "a list of texts", is: areTexts },
  textsByName: {
    words: "an object of lists of texts",
    is: (value) => isRecord(value) && Object.values(value).every(areTexts),
  },
  variables: {
    words: "a list of { name, value }, both texts",
    is: (value) =>
      Array.isArray(value) &&
      value.every(
        (each) =>
          isRecord(each) && isText(each["name"]) && each["name"] !== "" && isText(each["value"] ?? ""),
      ),
  },
  object: { words: "an object", is: isRecord },
  any: { words: "", is: () => true },
};

/**
 * Checks kubectl's own rules (k8s.io/client-go v0.33 tools/clientcmd/validation.go, validateAuthInfo). Returns clauses
 * about the user.
 */
function problemsOfUser(user: UserEntry): string[] {
  const problems: string[] = [];
  const { exec } = user;
  const hasToken = user.token !== undefined;
  const hasPassword = user.username !== undefined || user.password !== undefined;
  const hasCertificate = (user["client-certificate"] ?? user["client-certificate-data"]) !== undefined;
  const hasKey = (user["client-key"] ?? user["client-key-data"]) !== undefined;
  if (hasToken && hasPassword) problems.push("has both a token and a username or password: give one of them");
  if (hasCertificate !== hasKey) {
    problems.push("has only one of client-certificate and client-key, which go together");
  }
  const limits = (["as-uid", "as-groups", "as-user-extra"] as const).filter(
    (name) => user[name] !== undefined,
  );
  if (limits.length > 0 && user.as === undefined) {
    problems.push(`has ${limits.join(" and ")} without as: Kubernetes impersonates no group without a user`);
  }
  if (exec && user["auth-provider"]) problems.push("has both auth-provider and exec: give one of them");
  if (exec) problems.push(...problemsOfExec(exec));
  const provider = user["auth-provider"]?.name;
  if (user["auth-provider"] && provider !== "oidc") {
    problems.push(
      `has the auth-provider ${JSON.stringify(provider ?? null)}, which kubectl has no longer: use an exec plugin ` +
        "(gke-gcloud-auth-plugin, kubelogin)",
    );
  }
  return problems;
}

export const EXEC_VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

function problemsOfExec({ command, apiVersion, interactiveMode }: Partial<ExecEntry>): string[] {
  const problems: string[] = [];
  if (command === undefined) problems.push("has an exec plugin without a command");
  if (apiVersion === undefined || !EXEC_VERSIONS.includes(apiVersion)) {
    problems.push(
      `has an exec plugin of apiVersion ${JSON.stringify(apiVersion ?? null)}; kubectl takes ${EXEC_VERSIONS.join(" and ")}`,
    );
  }
  // In v1beta1 it may be omitted (clientcmd/api/v1/defaults.go).
  const mode = interactiveMode ?? (apiVersion === EXEC_VERSIONS[1] ? "IfAvailable" : undefined);
  if (mode === "Always") {
    problems.push(
      "has an exec plugin of interactiveMode Always, which asks somebody at a terminal, and there is none here: " +
        "use credentials that need nobody",
    );
  } else if (mode === undefined) {
    problems.push("has an exec plugin without interactiveMode: write Never or IfAvailable");
  } else if (mode !== "Never" && mode !== "IfAvailable") {
    problems.push(
      `has an exec plugin of interactiveMode ${JSON.stringify(mode)}: write Never or IfAvailable`,
    );
  }
  return problems;
}

/** The shape of a value. */
type Shape = "text" | "flag" | "texts" | "textsByName" | "variables" | "object" | "any";

interface Field {
  shape: Shape;
  /**
   * `honoured`: the value decides how a cluster is reached. `unused`: nothing here needs it. Otherwise it is refused,
   * with the reason.
   */
  treatment: "honoured" | "unused" | { refused: string };
  /** True if the value is the path of a file. */
  isPath?: true;
}

const honoured = (shape: Shape): Field => ({ shape, treatment: "honoured" });
const unused = (shape: Shape): Field => ({ shape, treatment: "unused" });
const pathOfFile: Field = { shape: "text", treatment: "honoured", isPath: true };

/**
 * Every field that kubectl knows (k8s.io/client-go v0.33 tools/clientcmd/api/v1/types.go), and how it is handled here.
 * The loader reads supported fields only by these names, refuses the refused ones, and reports names that are not in
 * the table.
 */
export const kubeconfigFields = {
  file: {
    apiVersion: unused("text"),
    kind: unused("text"),
    preferences: unused("object"),
    clusters: honoured("any"),
    users: honoured("any"),
    contexts: honoured("any"),
    "current-context": honoured("text"),
    extensions: unused("any"),
  },
  context: {
    cluster: honoured("text"),
    user: honoured("text"),
    // Every request of this library names its namespace.
    namespace: unused("text"),
    extensions: unused("any"),
  },
  cluster: {
    server: honoured("text"),
    "tls-server-name": honoured("text"),
    "insecure-skip-tls-verify": honoured("flag"),
    "certificate-authority": pathOfFile,
    "certificate-authority-data": honoured("text"),
    "proxy-url": honoured("text"),
    "disable-compression": honoured("flag"),
    // The extension client.authentication.k8s.io/exec is passed to an exec plugin.
    extensions: honoured("any"),
  },
  user: {
    "client-certificate": pathOfFile,
    "client-certificate-data": honoured("text"),
    "client-key": pathOfFile,
    "client-key-data": honoured("text"),
    token: honoured("text"),
    tokenFile: pathOfFile,
    as: honoured("text"),
    "as-uid": honoured("text"),
    "as-groups": honoured("texts"),
    "as-user-extra": honoured("textsByName"),
    username: honoured("text"),
    password: honoured("text"),
    // Only the provider "oidc" is supported. kubectl 1.26 removed the others.
    "auth-provider": honoured("object"),
    exec: honoured("object"),
    extensions: unused("any"),
  },
  exec: {
    command: honoured("text"),
    args: honoured("texts"),
    env: honoured("variables"),
    apiVersion: honoured("text"),
    installHint: honoured("text"),
    provideClusterInfo: honoured("flag"),
    interactiveMode: honoured("text"),
  },
} as const satisfies Record<string, Record<string, Field>>;

export type Section = keyof typeof kubeconfigFields;

/** Returns true if the value is the path of a file. A plugin's command without a slash is looked up in PATH. */
export function isPathIn(section: Section, name: string, value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  if (section === "exec" && name === "command") return /[\\/]/.test(value);
  const fields: Record<string, Field> = kubeconfigFields[section];
  return Object.hasOwn(fields, name) && fields[name]?.isPath === true;
}

/** The extension with a cluster's settings for its exec plugin. */
export const FOR_PLUGINS = "client.authentication.k8s.io/exec";

/** The entries of a kubeconfig after they were judged: every value has the shape in the table. */
export interface ClusterEntry {
  server: string;
  "tls-server-name"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "proxy-url"?: string;
  "disable-compression"?: boolean;
  extensions?: unknown;
}

export interface UserEntry {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[];
  "as-user-extra"?: Record<string, string[]>;
  username?: string;
  password?: string;
  "auth-provider"?: { name?: unknown; config?: unknown };
  exec?: ExecEntry;
}

export interface ExecEntry {
  command: string;
  args?: string[];
  env?: { name: string; value: string }[];
  apiVersion: string;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: string;
}

/** A kubeconfig as read from a file. Nothing in it has been judged yet. */
export interface KubeconfigFile {
  clusters: Named[];
  users: Named[];
  contexts: Named[];
  currentContext: string | undefined;
  /** The whole file, to find unknown names. */
  whole: Record<string, unknown>;
}

export interface Named {
  name: string;
  value: Record<string, unknown>;
}

/** Returns true for content, and false for a path: a path is one line. */
export const isContent = (text: string): boolean => /[\n{]/.test(text);

/** Reads YAML or JSON. It throws the errors of the YAML parser, which may quote a secret. */
export async function parseKubeconfig(text: string): Promise<KubeconfigFile> {
  const parsed = await parseYaml(text);
  const whole = isRecord(parsed) ? parsed : {};
  const current = whole["current-context"];
  return {
    clusters: namedIn(whole["clusters"], "cluster"),
    users: namedIn(whole["users"], "user"),
    contexts: namedIn(whole["contexts"], "context"),
    currentContext: typeof current === "string" && current !== "" ? current : undefined,
    whole,
  };
}

/** Returns the entries that have a name. */
function namedIn(list: unknown, key: string): Named[] {
  if (!Array.isArray(list)) return [];
  return (list as unknown[])
    .filter(isRecord)
    .flatMap(({ name, [key]: value }) =>
      typeof name === "string" ? [{ name, value: isRecord(value) ? value : {} }] : [],
    );
}

/**
 * Parses YAML or JSON. JSON is valid YAML, and most programs write JSON. The YAML parser is loaded only if it is
 * needed.
 */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      // A YAML flow mapping begins with a brace as well.
    }
  }
  const { load } = await import("js-yaml");
  return load(text);
}
