import type { KubeConfig, RequestContext } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { wordsOf } from "../../errors.ts";
import { noCredentials } from "../answers.ts";
import type { ClusterLabel } from "../connection.ts";
import { bytesOf, type Credentials, credentialsOf } from "./credentials.ts";
import { impersonationOf } from "./impersonation.ts";
import type { ChosenContext } from "./judge-kubeconfig.ts";

/** The way to one cluster: its address, and what each request needs to be let in. */
export interface Access {
  /** For client-node's watches: it authenticates as `authenticate` does. */
  config: KubeConfig;
  /** Adds headers, and the connections to use. */
  authenticate(context: RequestContext): Promise<void>;
  /** After a 401: tells whether another try may end otherwise. */
  renew(): Promise<boolean>;
  close(): void;
}

type Purpose = "requests" | "watches";

interface Connections {
  /** The certificate by which they were opened. */
  shown: string;
  config: KubeConfig;
  bare: Dispatcher;
  dispatcher: Dispatcher;
}

/** A proxy of `cluster` has been chosen already. Nothing is sent, and no plugin is run, before the first request. */
export async function openAccess(
  { cluster, user }: ChosenContext,
  label: ClusterLabel,
  proxyUrl: string | undefined,
): Promise<Access> {
  const [{ KubeConfig }, { Agent }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("undici"),
  ]);
  const failed = (error: unknown): never => {
    throw noCredentials(label, error);
  };
  const source = await Promise.resolve()
    .then(() => credentialsOf({ cluster, user }))
    .catch(failed);
  const authority = await Promise.resolve()
    .then(() => bytesOf(cluster["certificate-authority-data"], cluster["certificate-authority"]))
    .catch(failed);
  const impersonation = impersonationOf(user);
  // Over HTTP/2 undici joins the values of one header (8.12, lib/dispatcher/client-h2.js), which would make one group of two.
  const transport = Object.values(impersonation).some(({ length }) => length > 1) ? { allowH2: false } : {};

  /** client-node's own, for its connections: of a user it gets the certificate alone. */
  function configWith({ certificate }: Credentials): KubeConfig {
    const config = new KubeConfig();
    const base64 = (part: string | Buffer | undefined) => part && Buffer.from(part).toString("base64");
    const [caData, certData, keyData] = [authority, certificate?.cert, certificate?.key].map(base64);
    config.loadFromOptions({
      clusters: [
        {
          name: "cluster",
          server: cluster.server,
          // client-node refuses plain http without it, where there is no TLS whose check could be skipped.
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
          // Over plain http kubectl sends no credentials.
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

  /** Watches have connections of their own: what holds one of them up does not hold up a request. */
  const open = new Map<Purpose, Connections>();

  const { RequestContext, HttpMethod } = await import("@kubernetes/client-node");
  const emptyContext = (): RequestContext => new RequestContext(cluster.server, HttpMethod.GET);

  /** One set of connections, for as long as the certificate is the same: client-node would make one for each request. */
  async function connections(purpose: Purpose, credentials: Credentials): Promise<Connections> {
    const shown = String(credentials.certificate?.cert ?? "");
    const known = open.get(purpose);
    if (known?.shown === shown) return known;
    const config = configWith(credentials);
    const context = emptyContext();
    await config.applySecurityAuthentication(context);
    // Requests that begin at once share what the first of them has opened.
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
    // Requests and watches that are under way end on the connections on which they began.
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
