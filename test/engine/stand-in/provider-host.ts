import { createRequire } from "node:module";
import path from "node:path";
import type { ServiceError } from "@grpc/grpc-js";
import { NodeProcess } from "./child-process.ts";
import {
  annotateSecrets,
  mapValues,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "./property-value.ts";
import { errorDetails, grpc, providerProto as proto, providerService } from "./protocol.ts";
import {
  type CheckResult,
  type DiffResult,
  PartialFailure,
  type Provider,
  type ReadResult,
} from "./provider.ts";
import { decodeStruct, encodeStruct } from "./wire.ts";

export interface ProviderHostOptions {
  programDirectory: string;
  project: string;
  env: NodeJS.ProcessEnv;
  node?: string | undefined;
  /** Stack config of all namespaces, as the engine gives it to a dynamic provider. */
  config: PropertyMap;
  /** Where the engine listens, as the provider is told. @default "127.0.0.1:0", where nobody does */
  engineAddress?: string | undefined;
  /** How it is started: by Node at once, or by the SDK's launcher, as the CLI does it. @default "node" */
  by?: "node" | "launcher" | undefined;
  /** The engine gives its plugins a pipe, and never writes to it. @default "pipe" */
  stdin?: "ignore" | "pipe" | undefined;
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

type Callback<T> = (error: ServiceError | null, response: T) => void;

/** The SDK's own dynamic-provider process, one per deployment. It takes no secrets and sees no preview. */
export class ProviderHost implements Provider {
  readonly #process: NodeProcess;
  readonly #client: Promise<InstanceType<typeof providerService.ResourceProviderClient>>;

  constructor(options: ProviderHostOptions) {
    const require = createRequire(path.join(options.programDirectory, "index.js"));
    let announcePort: (port: string) => void = () => undefined;
    const port = new Promise<string>((resolve) => (announcePort = resolve));
    let first = true;
    const { by = "node", node = process.execPath, stdin = "pipe", project } = options;
    const { engineAddress = "127.0.0.1:0" } = options;
    const sdk = path.dirname(require.resolve("@pulumi/pulumi/package.json"));
    // The launcher takes the Node of PATH.
    const paths = [path.dirname(node), options.env["PATH"]].join(path.delimiter);
    this.#process = new NodeProcess(
      by === "node"
        ? [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), engineAddress]
        : [engineAddress],
      {
        cwd: options.programDirectory,
        node,
        ...(by === "launcher" && { launcher: path.join(sdk, "pulumi-resource-pulumi-nodejs") }),
        stdin,
        env: {
          ...options.env,
          ...(by === "launcher" && { PATH: paths }),
          PULUMI_NODEJS_PROJECT: project,
          PULUMI_PROJECT: project,
        },
      },
      (line, stream) => {
        if (stream === "stdout" && first) {
          first = false;
          announcePort(line.trim());
        } else options.onLine(line, stream);
      },
    );
    const ended = this.#process.ended.then((code) => {
      throw new Error(`the provider ended before it began (exit ${code})`);
    });
    this.#client = Promise.race([port, ended]).then(async (port) => {
      const credentials = grpc.credentials.createInsecure();
      const client = new providerService.ResourceProviderClient(`127.0.0.1:${port}`, credentials, {
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
      });
      const request = new proto.ConfigureRequest();
      request.setArgs(encodeStruct(options.config, { keepSecrets: true }));
      await call<unknown>((callback) => client.configure(request, callback));
      return client;
    });
    this.#client.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  kill(): void {
    this.#process.kill();
  }

  /** What the death of an engine does to its plugin: all pipes to it are closed, and nobody holds it any more. */
  abandon(): void {
    this.#process.abandon();
  }

  closeStdin(): void {
    this.#process.closeStdin();
  }

  async stop(): Promise<void> {
    const client = this.#process.running ? await this.#client.catch(() => undefined) : undefined;
    client?.close();
    await this.#process.stop();
  }

  async check({ urn, olds, news, preview }: Parameters<Provider["check"]>[0]): Promise<CheckResult> {
    const client = await this.#client;
    const request = new proto.CheckRequest();
    request.setUrn(urn);
    request.setOlds(encodeStruct(olds, { keepUnknowns: preview }));
    request.setNews(encodeStruct(news, { keepUnknowns: preview }));
    const response = await call<InstanceType<typeof proto.CheckResponse>>((callback) =>
      client.check(request, callback),
    );
    return {
      inputs: annotateSecrets(decodeStruct(response.getInputs(), { rejectUnknowns: !preview }), news),
      failures: response.getFailuresList().map((failure) => failure.toObject()),
    };
  }

  async diff({
    urn,
    id,
    oldInputs,
    oldOutputs,
    news,
    preview,
  }: Parameters<Provider["diff"]>[0]): Promise<DiffResult> {
    const client = await this.#client;
    const request = new proto.DiffRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOldInputs(encodeStruct(oldInputs, { keepUnknowns: preview }));
    request.setOlds(encodeStruct(oldOutputs, { keepUnknowns: preview }));
    request.setNews(encodeStruct(news, { keepUnknowns: preview }));
    const response = await call<InstanceType<typeof proto.DiffResponse>>((callback) =>
      client.diff(request, callback),
    );
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    const changes = response.getChanges();
    return {
      changes: changes === DIFF_SOME ? true : changes === DIFF_NONE ? false : undefined,
      replaceKeys: response.getReplacesList(),
      changedPaths: response.getDiffsList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create({
    urn,
    inputs,
    preview,
  }: Parameters<Provider["create"]>[0]): Promise<{ id: string; outputs: PropertyMap }> {
    if (preview) return { id: "", outputs: inputs };
    const client = await this.#client;
    const request = new proto.CreateRequest();
    request.setUrn(urn);
    request.setProperties(encodeStruct(inputs, {}));
    const response = await callWithInitErrors<InstanceType<typeof proto.CreateResponse>>(inputs, (callback) =>
      client.create(request, callback),
    );
    if (response.getId() === "") throw new Error(`plugin returned empty resource.ID from create '${urn}'`);
    const outputs = decodeStruct(response.getProperties(), { rejectUnknowns: true });
    return { id: response.getId(), outputs: annotateSecrets(outputs, inputs) };
  }

  async read({ urn, id, inputs, state }: Parameters<Provider["read"]>[0]): Promise<ReadResult> {
    const client = await this.#client;
    const request = new proto.ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setInputs(encodeStruct(inputs, {}));
    request.setProperties(encodeStruct(state, {}));
    const response = await call<InstanceType<typeof proto.ReadResponse>>((callback) =>
      client.read(request, callback),
    );
    const readInputs = response.getInputs();
    return {
      id: response.getId(),
      inputs:
        readInputs === undefined
          ? undefined
          : annotateSecrets(decodeStruct(readInputs, { rejectUnknowns: true }), inputs),
      outputs: annotateSecrets(decodeStruct(response.getProperties(), { rejectUnknowns: true }), state),
    };
  }

  async update({
    urn,
    id,
    oldInputs,
    oldOutputs,
    news,
    preview,
  }: Parameters<Provider["update"]>[0]): Promise<PropertyMap> {
    if (preview) return news;
    const client = await this.#client;
    const request = new proto.UpdateRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOldInputs(encodeStruct(oldInputs, {}));
    request.setOlds(encodeStruct(oldOutputs, {}));
    request.setNews(encodeStruct(news, {}));
    const response = await callWithInitErrors<InstanceType<typeof proto.UpdateResponse>>(news, (callback) =>
      client.update(request, callback),
    );
    return annotateSecrets(decodeStruct(response.getProperties(), { rejectUnknowns: true }), news);
  }

  async delete({ urn, id, inputs, outputs }: Parameters<Provider["delete"]>[0]): Promise<void> {
    const client = await this.#client;
    const request = new proto.DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOldInputs(encodeStruct(inputs, {}));
    request.setProperties(encodeStruct(outputs, {}));
    await call<unknown>((callback) => client.delete(request, callback));
  }
}

function call<T>(send: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error === null) resolve(response);
      else reject(new Error(error.details, { cause: error }));
    });
  });
}

async function callWithInitErrors<T>(inputs: PropertyMap, send: (callback: Callback<T>) => void): Promise<T> {
  try {
    return await call(send);
  } catch (error) {
    const details = error instanceof Error ? errorDetails(error.cause as ServiceError) : [];
    const detail = details.find(({ type }) => type.endsWith("pulumirpc.ErrorResourceInitFailed"));
    if (detail === undefined) throw error;
    const failure = proto.ErrorResourceInitFailed.deserializeBinary(detail.bytes);
    const outputs = annotateSecrets(decodeStruct(failure.getProperties(), { rejectUnknowns: true }), inputs);
    throw new PartialFailure(failure.getId(), outputs, failure.getReasonsList());
  }
}

/** Stack config as property values. */
export function configProperties(config: Record<string, string>, secretKeys: string[]): PropertyMap {
  const values: PropertyMap = { ...config };
  for (const key of secretKeys) values[key] = new Secret(values[key] ?? "");
  return mapValues(values, (value: PropertyValue) => value);
}
