import * as pulumi from "@pulumi/pulumi";
import { markSecrets, type SecretInput } from "./secrets.ts";

/** The connection to a cluster: exactly one of `provider`, `kubeconfig`, `ambient` and `offline`. */
export interface ConnectionArgs {
  /**
   * A `k8s.Provider` that was given a kubeconfig (content or path). A provider without one cannot be used: only the
   * Kubernetes provider's process knows its fallback.
   *
   * @default none; exactly one connection has to be given
   */
  provider?: pulumi.ProviderResource;
  /**
   * A kubeconfig: its content as text or object, its path, or a reference. It is read as kubectl reads it, including
   * exec plugins. Unsupported fields are refused by name. A relative path in a file is relative to the file's folder.
   * In content, it is refused, because content has no folder: `kubectl config view --raw --minify --flatten` prints
   * content that needs no other file. Of content, the state holds only the context in use, encrypted.
   *
   * @default none; exactly one connection has to be given
   */
  kubeconfig?: SecretInput | pulumi.Input<object>;
  /**
   * Uses KUBECONFIG, `~/.kube/config` or the pod's service account, as `kubectl` does.
   *
   * @default not used; exactly one connection has to be given
   */
  ambient?: true;
  /**
   * If true, the cluster is never contacted from here: it is gone, or belongs to another stack. Its backups can be
   * read.
   *
   * @default the cluster is contacted
   */
  offline?: true;
  /**
   * Context in the kubeconfig.
   *
   * @default its current one
   */
  context?: pulumi.Input<string>;
}

/** Returns the connection for the provider's process. It uses the inputs of the k8s.Provider, not its process. */
export function connectionOf(args: ConnectionArgs): pulumi.Inputs {
  // Unknown properties are passed on, so that the provider reports misspelt ones.
  const { provider, kubeconfig, ambient, offline, context, ...others } = args;
  if (provider && kubeconfig !== undefined) {
    throw new Error(
      "clusters: one of them has both `provider` and `kubeconfig`. Give exactly one connection.",
    );
  }
  const declared = provider as
    | { kubeconfig?: pulumi.Output<string>; context?: pulumi.Output<string> }
    | undefined;
  return markSecrets({
    kubeconfig: declared ? declared.kubeconfig : asText(kubeconfig),
    context: context ?? declared?.context,
    ambient,
    offline,
    ...others,
  });
}

/** Converts a kubeconfig that is an object to JSON, which is valid YAML. A reference stays a reference. */
function asText(kubeconfig: ConnectionArgs["kubeconfig"]): SecretInput | undefined {
  if (kubeconfig === undefined || typeof kubeconfig === "string" || isReference(kubeconfig))
    return kubeconfig;
  const value: pulumi.Output<unknown> = pulumi.output<unknown>(kubeconfig);
  return value.apply((known) => (typeof known === "string" ? known : JSON.stringify(known)));
}

const isReference = (value: unknown): value is { env: string } | { file: string } =>
  typeof value === "object" && value !== null && ("env" in value || "file" in value);
