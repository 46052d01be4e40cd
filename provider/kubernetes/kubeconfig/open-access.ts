import { isRecord } from "../../core/values.ts";
import { readFileSync } from "node:fs";
import type { KubeConfig, RequestContext } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { Problem, wordsOf } from "../../core/errors.ts";
import type { Secrets } from "../../core/secrets.ts";
import {
  parseProxy,
  proxyFor,
  secretsOfProxy,
  type Proxy,
  ProxyError,
  proxyTodo,
} from "../../proxy/proxy-for.ts";
import type { ClusterLabel } from "../connection.ts";
import { noCredentials } from "../kubernetes-error.ts";
import { type ChosenContext, type ClusterEntry, FOR_PLUGINS, type UserEntry } from "./judge-kubeconfig.ts";
import type { PluginCluster, Plugins } from "./run-plugin.ts";

/** The access to one cluster: its address, and the credentials of each request. */
export interface ClusterAccess {
  /** The config for client-node's watches. It authenticates as `authenticate` does. */
  config: KubeConfig;
  /** Adds headers, and the connections to use. */
  authenticate(context: RequestContext): Promise<void>;
  /** Is called after a 401. Returns true if a retry may succeed. */
  renew(): Promise<boolean>;
  close(): void;
}

/** The parts of a session that credentials need. */
interface AccessSession {
  secrets: Secrets;
  plugins: Plugins;
}

type Purpose = "requests" | "watches";

interface Connections {
  /** The certificate that they were opened with. */
  shown: string;
  config: KubeConfig;
  bare: Dispatcher;
  dispatcher: Dispatcher;
}

/**
 * Opens the access. The proxy of `cluster` has been chosen before. Nothing is sent, and no plugin runs, before the
 * first request.
 */
export async function openAccess(
  session: AccessSession,
  { cluster, user }: ChosenContext,
  label: ClusterLabel,
  proxyUrl: string | undefined,
): Promise<ClusterAccess> {
  const [{ KubeConfig }, { Agent }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("undici"),
  ]);
  const failed = (error: unknown): never => {
    throw noCredentials(label, error);
  };
  const source = await Promise.resolve()
    .then(() => credentialsOf(session, { cluster, user }))
    .catch(failed);
  const authority = await Promise.resolve()
    .then(() => bytesOf(cluster["certificate-authority-data"], cluster["certificate-authority"]))
    .catch(failed);
  const impersonation = impersonationOf(user);
  // With HTTP/2, undici joins the values of one header (8.12, lib/dispatcher/client-h2.js), which would turn two groups
  // into one.
  const transport = Object.values(impersonation).some(({ length }) => length > 1) ? { allowH2: false } : {};

  /** Returns a config of client-node for its connections. Of the user it has only the certificate. */
  function configWith({ certificate }: Credentials): KubeConfig {
    const config = new KubeConfig();
    const base64 = (part: string | Buffer | undefined) => part && Buffer.from(part).toString("base64");
    const [caData, certData, keyData] = [authority, certificate?.cert, certificate?.key].map(base64);
    config.loadFromOptions({
      clusters: [
        {
          name: "cluster",
          server: cluster.server,
          // client-node refuses plain http without this, although there is no TLS whose check could be skipped.
          skipTLSVerify: cluster["insecure-skip-tls-verify"] === true || cluster.server.startsWith("http:"),
          ...(caData ? { caData } : {}),
          ...(cluster["tls-server-name"] ? { tlsServerName: cluster["tls-server-name"] } : {}),
          ...(proxyUrl ? { proxyUrl } : {}),
        },
      ],
      users: [
        {
          name: "user",
          ...(certData ? { certData } : {}),
          ...(keyData ? { keyData } : {}),
          // kubectl sends no credentials over plain http.
          ...(user["auth-provider"] && cluster.server.startsWith("https:")
            ? { authProvider: user["auth-provider"] }
            : {}),
        },
      ],
      contexts: [{ name: "context", cluster: "cluster", user: "user" }],
      currentContext: "context",
    });
    return config;
  }

  /** Watches have their own connections: a blocked watch does not block a request. */
  const open = new Map<Purpose, Connections>();

  const { RequestContext, HttpMethod } = await import("@kubernetes/client-node");
  const emptyContext = (): RequestContext => new RequestContext(cluster.server, HttpMethod.GET);

  /**
   * Returns one set of connections as long as the certificate is the same: client-node would open one for each request.
   */
  async function connections(purpose: Purpose, credentials: Credentials): Promise<Connections> {
    const shown = String(credentials.certificate?.cert ?? "");
    const known = open.get(purpose);
    if (known?.shown === shown) return known;
    const config = configWith(credentials);
    const context = emptyContext();
    await config.applySecurityAuthentication(context);
    // Requests that begin at the same time share the connections of the first one.
    const opened = open.get(purpose);
    if (opened !== known && opened?.shown === shown) return opened;
    const bare = context.getDispatcher() ?? new Agent();
    const dispatcher = bare.compose(
      (dispatch) => (options, handler) =>
        dispatch(
          { ...options, ...transport, headers: { ...(options.headers as object), ...impersonation } },
          handler,
        ),
    );
    // Running requests and watches end on the connections that they began on.
    known?.bare.close().catch(() => undefined);
    const made = { shown, config, bare, dispatcher };
    open.set(purpose, made);
    return made;
  }

  async function authenticate(context: RequestContext, purpose: Purpose): Promise<void> {
    try {
      const credentials = await source.current();
      const { config, dispatcher } = await connections(purpose, credentials);
      let { authorization } = credentials;
      if (authorization === undefined && user["auth-provider"]) {
        const refreshed = emptyContext();
        await config.applySecurityAuthentication(refreshed);
        authorization = refreshed.getHeaders()["Authorization"];
      }
      if (authorization !== undefined) context.setHeaderParam("Authorization", authorization);
      if (cluster["disable-compression"]) context.setHeaderParam("accept-encoding", "identity");
      context.setDispatcher(dispatcher);
    } catch (error) {
      failed(error);
    }
  }

  const config = configWith({});
  config.applySecurityAuthentication = (context) => authenticate(context, "watches");
  return {
    config,
    authenticate: (context) => authenticate(context, "requests"),
    renew: () => source.renew().catch((error: unknown) => failed(new Error(wordsOf(error)))),
    close: () => {
      for (const { bare } of open.values()) bare.destroy().catch(() => undefined);
    },
  };
}

/** The credentials of a request: a header, a certificate, or nothing. */
interface Credentials {
  authorization?: string;
  certificate?: { cert: string | Buffer; key: string | Buffer };
}

interface CredentialSource {
  current(): Promise<Credentials>;
  /** Is called after a refusal, to read or create the credentials again. Returns true if a retry may succeed. */
  renew(): Promise<boolean>;
}

/**
 * A token file is read again after this time, as in client-go: a kubelet renews tokens in files
 * (transport/token_source.go).
 */
const TOKEN_FILE_MS = 50_000;

/**
 * Returns the credentials of a user, in kubectl's order: a token, a token file, a password or a certificate, and a
 * plugin only without all of these. Over plain http there are none, as in kubectl (clientcmd/client_config.go, v0.33).
 */
export function credentialsOf(
  { secrets, plugins }: AccessSession,
  { cluster, user }: ChosenContext,
): CredentialSource {
  if (cluster.server.startsWith("http:")) return fixed({});
  const certificate = certificateOf(user);
  const both = (authorization: string): Credentials => ({
    authorization,
    ...(certificate && { certificate }),
  });
  if (user.token !== undefined) return fixed(both(`Bearer ${user.token.trim()}`));
  if (user.tokenFile !== undefined) {
    const source = fromFile(secrets, user.tokenFile);
    return { ...source, current: async () => both(`Bearer ${source.token()}`) };
  }
  if (user.username !== undefined || user.password !== undefined) {
    const login = `${user.username ?? ""}:${user.password ?? ""}`;
    return fixed(both(`Basic ${Buffer.from(login).toString("base64")}`));
  }
  if (certificate) return fixed({ certificate });
  return user.exec ? fromPlugin(plugins, user.exec, cluster) : fixed({});
}

const fixed = (credentials: Credentials): CredentialSource => ({
  current: () => Promise.resolve(credentials),
  renew: () => Promise.resolve(false),
});

/** The data takes precedence over the file, as in client-go. */
const bytesOf = (data: string | undefined, file: string | undefined): Buffer | undefined => {
  if (data !== undefined) return Buffer.from(data, "base64");
  return file === undefined ? undefined : readFileSync(file);
};

function certificateOf(user: UserEntry): Credentials["certificate"] {
  const cert = bytesOf(user["client-certificate-data"], user["client-certificate"]);
  const key = bytesOf(user["client-key-data"], user["client-key"]);
  return cert && key && { cert, key };
}

function fromFile(secrets: Secrets, file: string): { token(): string; renew(): Promise<boolean> } {
  let known: { token: string; readAt: number } | undefined;
  const read = (): string => {
    const token = readFileSync(file, "utf8").trim();
    if (token === "") throw new Error(`the token file ${file} is empty`);
    secrets.learn(token);
    known = { token, readAt: Date.now() };
    return token;
  };
  return {
    token: () => {
      if (known && Date.now() - known.readAt < TOKEN_FILE_MS) return known.token;
      try {
        return read();
      } catch (error) {
        // If the file is just being replaced, the previous token is used.
        if (known) return known.token;
        throw error;
      }
    },
    renew: async () => {
      const before = known?.token;
      return read() !== before;
    },
  };
}

function fromPlugin(
  plugins: Plugins,
  exec: NonNullable<UserEntry["exec"]>,
  cluster: ClusterEntry,
): CredentialSource {
  const told = exec.provideClusterInfo ? asTold(cluster) : undefined;
  let used: Awaited<ReturnType<Plugins["credentials"]>> | undefined;
  return {
    current: async () => {
      used = await plugins.credentials(exec, told);
      const { token, certificate } = used;
      return {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(certificate ? { certificate } : {}),
      };
    },
    renew: async () => {
      if (!used) return false;
      await plugins.discard(exec, told, used);
      return true;
    },
  };
}

function asTold(cluster: ClusterEntry): PluginCluster {
  const { extensions, "certificate-authority": file, "certificate-authority-data": data, ...told } = cluster;
  const authority = bytesOf(data, file);
  const named = Array.isArray(extensions) ? (extensions as unknown[]).filter(isRecord) : [];
  const config = named.find(({ name }) => name === FOR_PLUGINS)?.["extension"];
  return {
    ...told,
    ...(authority ? { "certificate-authority-data": authority.toString("base64") } : {}),
    ...(config === undefined ? {} : { config }),
  };
}

/**
 * Returns the headers by which a request acts as another user (k8s.io/client-go v0.33 transport/round_trippers.go). A
 * header with several values is sent several times: joined by commas, two groups would become one with a strange name.
 */
export function impersonationOf(user: UserEntry): Record<string, string[]> {
  if (user.as === undefined) return {};
  const extra = Object.entries(user["as-user-extra"] ?? {}).map(([name, values]): [string, string[]] => [
    `impersonate-extra-${escaped(name)}`,
    values.map(asBytes),
  ]);
  return {
    "impersonate-user": [asBytes(user.as)],
    ...(user["as-uid"] === undefined ? {} : { "impersonate-uid": [asBytes(user["as-uid"])] }),
    ...(user["as-groups"]?.length ? { "impersonate-group": user["as-groups"].map(asBytes) } : {}),
    ...Object.fromEntries(extra.filter(([, values]) => values.length > 0)),
  };
}

/** Encodes characters that a header's name must not contain, including the percent sign (headerKeyEscape). */
const escaped = (name: string): string =>
  [...Buffer.from(name)]
    .map((byte) => {
      const letter = String.fromCodePoint(byte);
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(letter)
        ? letter
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

/** Go sends UTF-8. Node sends each of its bytes as one character. */
const asBytes = (value: string): string => Buffer.from(value).toString("latin1");

/** Returns the proxy of a cluster: its kubeconfig's `proxy-url`, otherwise the environment's. */
export function chooseProxy(secrets: Secrets, cluster: ClusterEntry, label: ClusterLabel): Proxy | undefined {
  const declared = cluster["proxy-url"];
  try {
    if (!declared) return proxyFor(cluster.server);
    const proxy = parseProxy(declared, "proxy-url");
    for (const secret of secretsOfProxy(proxy)) secrets.learn(secret);
    return proxy;
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    throw new Problem({
      code: "BadProxy",
      property: declared ? `${label.property}.kubeconfig` : label.property,
      what: `cluster "${label.key}" cannot be reached: ${error.message}`,
      todo: proxyTodo[error.code],
    });
  }
}
