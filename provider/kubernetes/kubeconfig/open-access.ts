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

  let open: { shown: string; config: KubeConfig; bare: Dispatcher; dispatcher: Dispatcher } | undefined;

  const { RequestContext, HttpMethod } = await import("@kubernetes/client-node");
  const emptyContext = (): RequestContext => new RequestContext(cluster.server, HttpMethod.GET);

  /** One set of connections, for as long as the certificate is the same: client-node would make one for each request. */
  async function connections(credentials: Credentials): Promise<NonNullable<typeof open>> {
    const shown = String(credentials.certificate?.cert ?? "");
    if (open?.shown === shown) return open;
    const config = configWith(credentials);
    const context = emptyContext();
    await config.applySecurityAuthentication(context);
    const bare = context.getDispatcher() ?? new Agent();
    const dispatcher = bare.compose(
      (dispatch) => (options, handler) =>
        dispatch({ ...options, headers: { ...(options.headers as object), ...impersonation } }, handler),
    );
    // Requests and watches that are under way end on the connections on which they began.
    open?.bare.close().catch(() => undefined);
    open = { shown, config, bare, dispatcher };
    return open;
  }

  async function authenticate(context: RequestContext): Promise<void> {
    try {
      const credentials = await source.current();
      const { config, dispatcher } = await connections(credentials);
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
  config.applySecurityAuthentication = authenticate;
  return {
    config,
    authenticate,
    renew: () => source.renew().catch((error: unknown) => failed(new Error(wordsOf(error)))),
    close: () => void open?.bare.destroy().catch(() => undefined),
  };
}
