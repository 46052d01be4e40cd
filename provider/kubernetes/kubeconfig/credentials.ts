import { readFileSync } from "node:fs";
import { learnSecret } from "../../redact.ts";
import { isRecord } from "./parse-kubeconfig.ts";
import type { ChosenContext } from "./judge-kubeconfig.ts";
import { type ClusterEntry, FOR_PLUGINS, type UserEntry } from "./kubeconfig-fields.ts";
import { discardCredentials, pluginCredentials } from "./plugin-cache.ts";
import type { PluginCluster } from "./run-plugin.ts";

/** What a request shows of the user: a header, a certificate, or nothing. */
export interface Credentials {
  authorization?: string;
  certificate?: { cert: string | Buffer; key: string | Buffer };
}

export interface CredentialSource {
  current(): Promise<Credentials>;
  /** After a refusal: reads or makes them anew. Tells whether another try may end otherwise. */
  renew(): Promise<boolean>;
}

/** A token file is read again after so long: client-go does so, since a kubelet renews tokens in files (transport/token_source.go). */
const TOKEN_FILE_MS = 50_000;

/**
 * The credentials of a user, in kubectl's order: a token, a token file, a password or a certificate, and a plugin only
 * without all of these. Over plain http kubectl sends none (clientcmd/client_config.go, v0.33), and so does this.
 */
export function credentialsOf({ cluster, user }: ChosenContext): CredentialSource {
  if (cluster.server.startsWith("http:")) return fixed({});
  const certificate = certificateOf(user);
  const both = (authorization: string): Credentials => ({
    authorization,
    ...(certificate && { certificate }),
  });
  if (user.token !== undefined) return fixed(both(`Bearer ${user.token.trim()}`));
  if (user.tokenFile !== undefined) {
    const source = fromFile(user.tokenFile);
    return { ...source, current: async () => both(`Bearer ${source.token()}`) };
  }
  if (user.username !== undefined || user.password !== undefined) {
    const login = `${user.username ?? ""}:${user.password ?? ""}`;
    return fixed(both(`Basic ${Buffer.from(login).toString("base64")}`));
  }
  if (certificate) return fixed({ certificate });
  return user.exec ? fromPlugin(user.exec, cluster) : fixed({});
}

const fixed = (credentials: Credentials): CredentialSource => ({
  current: () => Promise.resolve(credentials),
  renew: () => Promise.resolve(false),
});

/** The data comes before the file, as in client-go. */
export const bytesOf = (data: string | undefined, file: string | undefined): Buffer | undefined => {
  if (data !== undefined) return Buffer.from(data, "base64");
  return file === undefined ? undefined : readFileSync(file);
};

function certificateOf(user: UserEntry): Credentials["certificate"] {
  const cert = bytesOf(user["client-certificate-data"], user["client-certificate"]);
  const key = bytesOf(user["client-key-data"], user["client-key"]);
  return cert && key && { cert, key };
}

function fromFile(file: string): { token(): string; renew(): Promise<boolean> } {
  let known: { token: string; readAt: number } | undefined;
  const read = (): string => {
    const token = readFileSync(file, "utf8").trim();
    if (token === "") throw new Error(`the token file ${file} is empty`);
    learnSecret(token);
    known = { token, readAt: Date.now() };
    return token;
  };
  return {
    token: () => {
      if (known && Date.now() - known.readAt < TOKEN_FILE_MS) return known.token;
      try {
        return read();
      } catch (error) {
        // A file that is just being replaced leaves the token that was in it.
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

function fromPlugin(exec: NonNullable<UserEntry["exec"]>, cluster: ClusterEntry): CredentialSource {
  const told = exec.provideClusterInfo ? asTold(cluster) : undefined;
  let used: Awaited<ReturnType<typeof pluginCredentials>> | undefined;
  return {
    current: async () => {
      used = await pluginCredentials(exec, told);
      const { token, certificate } = used;
      return {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(certificate ? { certificate } : {}),
      };
    },
    renew: async () => {
      if (!used) return false;
      await discardCredentials(exec, told, used);
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
