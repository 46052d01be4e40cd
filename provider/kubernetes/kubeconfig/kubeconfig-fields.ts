/** The shape of a value. */
type Shape = "text" | "flag" | "texts" | "textsByName" | "variables" | "object" | "any";

export interface Field {
  shape: Shape;
  /** The value decides how a cluster is reached, or nothing here needs it, or it is refused for the reason given. */
  treatment: "honoured" | "unused" | { refused: string };
  /** The value is the path of a file. */
  isPath?: true;
}

const honoured = (shape: Shape): Field => ({ shape, treatment: "honoured" });
const unused = (shape: Shape): Field => ({ shape, treatment: "unused" });
const pathOfFile: Field = { shape: "text", treatment: "honoured", isPath: true };

/**
 * Every field that kubectl knows (k8s.io/client-go v0.33 tools/clientcmd/api/v1/types.go), and what becomes of it here.
 * The loader reads what is honoured by these names alone, refuses what is refused, and tells what is not in the table.
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
    // The one named client.authentication.k8s.io/exec goes to an exec plugin.
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
    // The provider "oidc" is honoured; kubectl 1.26 has removed the others.
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

/** Tells whether the value is the path of a file. A plugin's command without a slash is looked for in PATH. */
export function isPathIn(section: Section, name: string, value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  if (section === "exec" && name === "command") return /[\\/]/.test(value);
  const fields: Record<string, Field> = kubeconfigFields[section];
  return Object.hasOwn(fields, name) && fields[name]?.isPath === true;
}

/** The extension by which a kubeconfig says something of a cluster to its plugin. */
export const FOR_PLUGINS = "client.authentication.k8s.io/exec";

/** A kubeconfig's entries once they are judged: every value has the shape that the table says. */
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
