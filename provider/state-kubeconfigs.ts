import { Problem } from "./core/errors.ts";
import { minimizeKubeconfig, PackedKubeconfigs } from "./kubernetes/kubeconfig/load-kubeconfig.ts";
import { isContent } from "./kubernetes/kubeconfig/judge-kubeconfig.ts";
import { isUnknown, shortHash, UNKNOWN, isRecord } from "./core/values.ts";
import type { Secrets } from "./core/secrets.ts";

/**
 * The kubeconfigs of a session, as state keeps them: the used context alone of one that was given as content, and once.
 * Pulumi stores the inputs and the outputs of a resource. A refresh and a delete see only outputs, which therefore have
 * the content, packed. Inputs have a placeholder, a hash by which the engine sees a change. Handlers see content on both
 * sides.
 */
export class StateKubeconfigs {
  /** The contents by their placeholders. A process checks each resource before it creates or updates it. */
  readonly #contents = new Map<string, string>();
  /** Minimized kubeconfigs. Many resources have the same one. */
  readonly #minimized = new Map<string, string>();
  readonly #packed = new PackedKubeconfigs();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /**
   * Returns the declared values, with each kubeconfig reduced to the context in use. The secrets of all contexts are
   * kept out of messages.
   */
  async withUsedContexts<T>(declared: T): Promise<T> {
    const found: Connection[] = [];
    mapKubeconfigs(declared, (kubeconfig, connection) => {
      // A preview may not know the context yet. It stores nothing.
      if (isContent(kubeconfig) && !isUnknown(connection.context)) found.push(connection);
      return kubeconfig;
    });
    for (const connection of found) {
      const { kubeconfig, context } = connection;
      const key = contentKeyOf(connection);
      if (this.#minimized.has(key)) continue;
      this.#secrets.learn(kubeconfig);
      this.#minimized.set(
        key,
        await minimizeKubeconfig(kubeconfig, typeof context === "string" ? context : undefined),
      );
    }
    return mapKubeconfigs(
      declared,
      (kubeconfig, connection) => this.#minimized.get(contentKeyOf(connection)) ?? kubeconfig,
    );
  }

  /** Returns inputs in the form that state keeps. */
  asStateInputs<T>(inputs: T, declared?: unknown): T {
    return mapKubeconfigs(
      inputs,
      (kubeconfig, _connection, ofDeclared) => {
        if (kubeconfig === UNKNOWN && ofDeclared !== undefined) return ofDeclared;
        if (!isContent(kubeconfig)) return kubeconfig;
        const placeholder = placeholderFor(kubeconfig);
        this.#contents.set(placeholder, kubeconfig);
        return placeholder;
      },
      declared,
    );
  }

  /** Returns outputs in the form that state keeps. */
  asStateOutputs<T>(outputs: T): T {
    return mapKubeconfigs(outputs, (kubeconfig) => this.#packed.pack(kubeconfig));
  }

  /**
   * Returns inputs or outputs of state with the contents of kubeconfigs. `like` has values of the same shape that may
   * have the content of a placeholder: outputs, or the declared values. A placeholder without known content stays.
   */
  fromState<T>(values: T, like?: unknown): T {
    return mapKubeconfigs(
      values,
      (kubeconfig, _connection, ofLike) => {
        if (!PLACEHOLDER.test(kubeconfig)) return this.#packed.unpack(kubeconfig);
        const candidate = ofLike === undefined ? undefined : this.#packed.unpack(ofLike);
        if (candidate !== undefined && placeholderFor(candidate) === kubeconfig) return candidate;
        return this.#contents.get(kubeconfig) ?? kubeconfig;
      },
      like,
    );
  }

  /**
   * Does the same for a check. With `ignoreChanges`, the engine passes the inputs of state: a placeholder whose content
   * this session may not have. It then counts as unknown, in both values, and the cluster is not contacted.
   */
  forCheck<T>(values: T, declared: unknown): T {
    return mapKubeconfigs(
      this.fromState(values, declared),
      (kubeconfig, _connection, ofDeclared) =>
        PLACEHOLDER.test(kubeconfig) && ofDeclared === kubeconfig ? UNKNOWN : kubeconfig,
      declared,
    );
  }

  /** Does the same for a create or an update, which need the content. */
  forWork<T>(inputs: T, outputs?: unknown): T {
    return mapKubeconfigs(this.fromState(inputs, outputs), (kubeconfig) => {
      if (!PLACEHOLDER.test(kubeconfig)) return kubeconfig;
      throw new Problem({
        code: "BadKubeconfig",
        property: "connection.kubeconfig",
        what: "the content of the kubeconfig has not been checked by this process",
        todo: "Run the command again, with the program.",
      });
    });
  }
}

const PLACEHOLDER = /^kubeconfig-in-outputs:[0-9a-f]{16}$/;

const placeholderFor = (content: string): string => `kubeconfig-in-outputs:${shortHash(16, content)}`;

const contentKeyOf = ({ kubeconfig, context }: Connection): string => shortHash(64, kubeconfig, context);

interface Connection {
  kubeconfig: string;
  context?: unknown;
}

/**
 * Returns the values with each connection's kubeconfig changed. `beside` is the kubeconfig in values of the same shape.
 */
function mapKubeconfigs<T>(
  values: T,
  change: (kubeconfig: string, connection: Connection, beside: string | undefined) => string,
  beside?: unknown,
): T {
  if (!isRecord(values)) return values;
  const entries = Object.entries(values).map(([key, value]): [string, unknown] => {
    const valueBeside = isRecord(beside) ? beside[key] : undefined;
    if (key !== "connection" || !isRecord(value)) return [key, mapKubeconfigs(value, change, valueBeside)];
    const { kubeconfig } = value;
    if (typeof kubeconfig !== "string") return [key, value];
    const other = isRecord(valueBeside) ? valueBeside["kubeconfig"] : undefined;
    const changed = change(
      kubeconfig,
      { ...value, kubeconfig },
      typeof other === "string" ? other : undefined,
    );
    return [key, { ...value, kubeconfig: changed }];
  });
  return Object.fromEntries(entries) as T;
}
