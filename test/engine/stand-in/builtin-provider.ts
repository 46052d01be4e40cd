import type { PropertyMap } from "./property-value.ts";
import { containsSecrets } from "./property-value.ts";
import type { CheckResult, DiffResult, Provider, ReadResult } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";
import { parseUrn, STACK_REFERENCE_TYPE } from "./urn.ts";

export interface BuiltinOptions {
  /** Outputs of a stack of the same backend; throws where there is none. */
  stackOutputs(name: string): PropertyMap;
  /** A resource of this deployment. */
  resource(urn: string): ResourceState | undefined;
}

/** The engine's own resources and functions: stack references, and look-up of a resource by its URN. */
export class BuiltinProvider implements Provider {
  readonly #options: BuiltinOptions;

  constructor(options: BuiltinOptions) {
    this.#options = options;
  }

  async check({ news }: { news: PropertyMap }): Promise<CheckResult> {
    return { inputs: news, failures: [] };
  }

  async diff(): Promise<DiffResult> {
    return { changes: false, replaceKeys: [], changedPaths: [], deleteBeforeReplace: false };
  }

  async create(): Promise<{ id: string; outputs: PropertyMap }> {
    throw new Error("built-in resources are read, not created");
  }

  async read({ urn, id, inputs }: { urn: string; id: string; inputs: PropertyMap }): Promise<ReadResult> {
    const { type } = parseUrn(urn);
    if (type !== STACK_REFERENCE_TYPE) throw new Error(`unrecognized resource type '${type}'`);
    return { id, inputs, outputs: this.#stackReference(inputs["name"]) };
  }

  async update(): Promise<PropertyMap> {
    throw new Error("built-in resources are not updated");
  }

  async delete(): Promise<void> {}

  invoke(token: string, args: PropertyMap): PropertyMap {
    switch (token) {
      case "pulumi:pulumi:readStackOutputs":
        return this.#stackReference(args["name"]);
      case "pulumi:pulumi:getResource": {
        const urn = String(args["urn"]);
        const state = this.#options.resource(urn);
        if (state === undefined) throw new Error(`unknown resource ${urn}`);
        return { urn, id: state.id, provider: state.provider, state: state.outputs };
      }
      default:
        throw new Error(`unrecognized function name: '${token}'`);
    }
  }

  #stackReference(name: PropertyMap[string] | undefined): PropertyMap {
    if (typeof name !== "string") throw new Error("a stack reference needs a name");
    const outputs = this.#options.stackOutputs(name);
    const secretOutputNames = Object.keys(outputs).filter((key) => containsSecrets(outputs[key] ?? null));
    return { name, outputs, secretOutputNames: secretOutputNames.toSorted() };
  }
}
