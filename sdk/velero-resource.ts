import * as pulumi from "@pulumi/pulumi";

/**
 * What all resources of this package have in common: the text by which Pulumi's provider process finds their code,
 * and the hidden inputs that only the program knows.
 *
 * The text holds no code of ours, so every released version runs the states of every other one; it is what
 * `pulumi.dynamic.Resource` would make, without its serialiser.
 */
export abstract class VeleroResource extends pulumi.CustomResource {
  /** @internal */
  protected constructor(
    kind: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions | undefined,
  ) {
    refuseProvider(kind, opts);
    refuseCustomTimeouts(kind, opts);
    const type = typeOf(kind);
    super(
      type,
      name,
      {
        ...props,
        owner: ownerOf(name, type, opts?.parent),
        dryRun: pulumi.runtime.isDryRun(),
        __provider: `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");`,
      },
      opts,
    );
  }
}

/**
 * The URN as a mere value. As an output it would depend on the parent, and to depend on a component is to depend on
 * all of its children: the resource would wait for itself.
 */
export function ownerOf(name: string, type: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => pulumi.createUrn(name, type, parent).apply(resolve));
}

/** The type token of a kind: fixed for ever, since it stands in users' states. */
export const typeOf = (kind: string): string => `pulumi-nodejs:dynamic/velero:${kind}`;

/** Neither a resource nor a component of ours has any use for one. */
export function refuseProvider(
  kind: string,
  opts: Pick<pulumi.ComponentResourceOptions, "provider" | "providers"> | undefined,
): void {
  const given = (["provider", "providers"] as const).find((option) => opts?.[option] !== undefined);
  if (given === undefined) return;
  throw new Error(
    `velero.${kind} takes no "${given}" among its options. A k8s.Provider says how to reach a cluster, and belongs ` +
      "into the BackupLocation's `clusters: { <key>: { provider } }`.",
  );
}

/** Pulumi does not give them to a dynamic provider, so that they would bound nothing. */
export function refuseCustomTimeouts(
  kind: string,
  opts: Pick<pulumi.ComponentResourceOptions, "customTimeouts"> | undefined,
): void {
  if (opts?.customTimeouts === undefined) return;
  const given = JSON.stringify(opts.customTimeouts);
  throw new Error(
    `velero.${kind} takes no "customTimeouts" among its options: Pulumi does not give them to the provider, and they ` +
      `would bound nothing. ` +
      (kind === "SharedLocation"
        ? "Nothing of it waits: leave them out."
        : `Take the argument \`timeouts\`, whose keys are the same and whose values are Go durations: ${given}.`),
  );
}
