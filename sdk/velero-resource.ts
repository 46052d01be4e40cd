import * as pulumi from "@pulumi/pulumi";
import { refuseOptions } from "./refuse-options.ts";

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
    refuseOptions(kind, opts);
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
