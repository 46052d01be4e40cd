import type { BuiltinProvider } from "./builtin-provider.ts";
import type { Provider } from "./provider.ts";
import { ProviderHost, type ProviderHostOptions } from "./provider-host.ts";
import { ProviderResources } from "./provider-resources.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType, parseProviderReference, parseUrn, PROVIDER_TYPE_PREFIX } from "./urn.ts";

/** Who manages which resource; the dynamic-provider process is started when it is first needed. */
export class Providers {
  readonly #options: ProviderHostOptions;
  readonly #builtin: BuiltinProvider;
  readonly #providerResources = new ProviderResources();
  #host: ProviderHost | undefined;

  constructor(options: ProviderHostOptions, builtin: BuiltinProvider) {
    this.#options = options;
    this.#builtin = builtin;
  }

  get hostPids(): number[] {
    return this.#host?.running ? [this.#host.pid] : [];
  }

  startHost(): ProviderHost {
    return (this.#host ??= new ProviderHost(this.#options));
  }

  killHost(): void {
    this.#host?.kill();
  }

  /** Lets go of the provider process, which lives on. */
  abandonHost(): void {
    this.#host?.abandon();
    this.#host = undefined;
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
  }

  of(state: ResourceState): Provider {
    if (isProviderType(state.type)) return this.#providerResources;
    const { type } = parseUrn(parseProviderReference(state.provider).urn);
    const packageName = type.slice(PROVIDER_TYPE_PREFIX.length);
    if (packageName === "pulumi-nodejs") return this.startHost();
    if (packageName === "pulumi") return this.#builtin;
    // Recorded as well: nothing of it comes into a cluster.
    if (packageName === "kubernetes") return this.#providerResources;
    throw new Error(`the stand-in engine has no plugin for '${packageName}', which '${state.urn}' needs`);
  }
}
