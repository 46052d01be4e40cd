import * as pulumi from "@pulumi/pulumi";
import { markSecrets, type SecretInput } from "./secrets.ts";

/** How a cluster is reached: exactly one of `provider`, `kubeconfig`, `ambient` and `offline`. */
export interface ConnectionArgs {
  /**
   * A `k8s.Provider` that was given a kubeconfig (content or path). One without cannot be used: what it would fall
   * back to is known only to the Kubernetes provider's process.
   *
   * @default none; exactly one connection has to be given
   */
  provider?: pulumi.ProviderResource;
  /**
   * A kubeconfig: its content as text or object, its path, or a reference. It is read as kubectl reads it, exec plugins
   * included; what cannot be honoured is refused by name. A relative path in it is taken from the folder of the file,
   * and refused in content, which has no folder: `kubectl config view --raw --minify --flatten` prints content that
   * needs no other file. Of content, the state has the used context alone, encrypted.
   *
   * @default none; exactly one connection has to be given
   */
  kubeconfig?: SecretInput | pulumi.Input<object>;
  /**
   * KUBECONFIG, `~/.kube/config` or the pod's service account, as `kubectl` would take it.
   *
   * @default not used; exactly one connection has to be given
   */
  ambient?: true;
  /**
   * Never contacted from here: gone, or another stack's. It is there to be read from.
   *
   * @default the cluster is contacted
   */
  offline?: true;
  /**
   * Context inside of the kubeconfig.
   *
   * @default its current one
   */
  context?: pulumi.Input<string>;
}

/** The connection as the provider's process gets it. Its inputs are those of the k8s.Provider, not its process. */
export function connectionOf(args: ConnectionArgs): pulumi.Inputs {
  // Whatever is not ours goes along: the provider complains about what is misspelt.
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

/** A kubeconfig that was given as an object is YAML in the form of JSON; a reference stays one. */
function asText(kubeconfig: ConnectionArgs["kubeconfig"]): SecretInput | undefined {
  if (kubeconfig === undefined || typeof kubeconfig === "string" || isReference(kubeconfig))
    return kubeconfig;
  const value: pulumi.Output<unknown> = pulumi.output<unknown>(kubeconfig);
  return value.apply((known) => (typeof known === "string" ? known : JSON.stringify(known)));
}

const isReference = (value: unknown): value is { env: string } | { file: string } =>
  typeof value === "object" && value !== null && ("env" in value || "file" in value);
