import * as pulumi from "@pulumi/pulumi";
import { refuseOptions } from "./refuse-options.ts";

/**
 * The base class of all resources of this package. It sets the text by which Pulumi's provider process finds their
 * code, and the hidden inputs that only the program knows.
 *
 * The text holds no code of ours, so every released version runs the states of every other one. It is what
 * `pulumi.dynamic.Resource` would make, without its serializer.
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
 * Returns the URN as a plain value. An output would depend on the parent, and a dependency on a component is a
 * dependency on all of its children: the resource would wait for itself.
 */
export function ownerOf(name: string, type: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => pulumi.createUrn(name, type, parent).apply(resolve));
}

/** Returns the type token of a kind. It must never change, because users' states contain it. */
export const typeOf = (kind: string): string => `pulumi-nodejs:dynamic/velero:${kind}`;
