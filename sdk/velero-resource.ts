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
    const { prepareStackTrace } = errors;
    errors.prepareStackTrace = prepareStackTrace && withoutDebugTraces(prepareStackTrace);
    try {
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
    } finally {
      errors.prepareStackTrace = prepareStackTrace;
    }
  }
}

/** The results of a resource as its outputs. */
export type Outputs<Results> = { readonly [P in keyof Results]: pulumi.Output<Results[P]> };

type PrepareStackTrace = (error: Error, callSites: NodeJS.CallSite[]) => unknown;

/** V8 has none unless somebody sets it, as ts-node does. */
const errors: { prepareStackTrace?: PrepareStackTrace | undefined } = Error;

/**
 * Returns a formatter of stack traces that leaves out those which Pulumi's SDK notes for each promise, four for each
 * property of a resource. They serve the debugging of the SDK alone. In a program in TypeScript each of them goes through
 * ts-node's source maps, which took most of the program's time (docs/design/pulumi-facts.md#stack-traces-of-promises).
 */
const withoutDebugTraces =
  (format: PrepareStackTrace): PrepareStackTrace =>
  (error, callSites): unknown =>
    // An error that somebody may read has a message. The SDK reads the place of the declaration from a trace without a limit.
    error.message === "" && Error.stackTraceLimit !== Number.POSITIVE_INFINITY
      ? String(error)
      : format(error, callSites);

/**
 * Returns the URN as a plain value. An output would depend on the parent, and a dependency on a component is a
 * dependency on all of its children: the resource would wait for itself.
 */
export function ownerOf(name: string, type: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => pulumi.createUrn(name, type, parent).apply(resolve));
}

/** Returns the type token of a kind. It must never change, because users' states contain it. */
export const typeOf = (kind: string): string => `pulumi-nodejs:dynamic/velero:${kind}`;
