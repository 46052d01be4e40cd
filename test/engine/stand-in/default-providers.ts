import type { Goal } from "./goal.ts";
import type { PropertyMap } from "./property-value.ts";
import { PROVIDER_TYPE_PREFIX } from "./urn.ts";

const DYNAMIC_PACKAGE = "pulumi-nodejs";

/** Registers the default provider of a package the first time that a resource needs it. */
export class DefaultProviders {
  readonly #references = new Map<string, Promise<string>>();
  readonly #config: PropertyMap;
  readonly #register: (goal: Goal) => Promise<{ urn: string; id: string }>;

  constructor(config: PropertyMap, register: (goal: Goal) => Promise<{ urn: string; id: string }>) {
    this.#config = config;
    this.#register = register;
  }

  reference(packageName: string, version: string): Promise<string> {
    const name = version === "" ? "default" : `default_${version.replaceAll(".", "_")}`;
    const key = `${packageName}/${name}`;
    let reference = this.#references.get(key);
    if (reference === undefined) {
      reference = this.#register(this.#goal(packageName, name, version)).then(
        ({ urn, id }) => `${urn}::${id}`,
      );
      this.#references.set(key, reference);
    }
    return reference;
  }

  #goal(packageName: string, name: string, version: string): Goal {
    return {
      type: PROVIDER_TYPE_PREFIX + packageName,
      name,
      custom: true,
      properties: { ...this.#configOf(packageName), ...(version === "" ? {} : { version }) },
      parent: "",
      protect: undefined,
      dependencies: [],
      propertyDependencies: {},
      provider: "",
      deleteBeforeReplace: undefined,
      ignoreChanges: [],
      replaceOnChanges: [],
      additionalSecretOutputs: [],
      aliases: [],
      retainOnDelete: undefined,
      deletedWith: "",
      replaceWith: [],
      importId: "",
    };
  }

  /** A dynamic provider gets the config of all namespaces (deploy/target.go). */
  #configOf(packageName: string): PropertyMap {
    if (packageName === DYNAMIC_PACKAGE) return this.#config;
    const prefix = `${packageName}:`;
    return Object.fromEntries(
      Object.entries(this.#config)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  }
}
