import { createRequire } from "node:module";
import path from "node:path";
import type { ServiceError } from "@grpc/grpc-js";
import { NodeProcess } from "./node-process.ts";
import { errorDetails, grpc, providerProto as proto, providerService, Struct } from "./protocol.ts";

/** Values as they travel: an unknown is a string that means it, and secrets have been unwrapped. */
export type PropertyMap = Record<string, unknown>;

interface Request {
  urn: string;
}

interface Update extends Request {
  id: string;
  oldInputs: PropertyMap;
  oldOutputs: PropertyMap;
  news: PropertyMap;
}

interface Existing extends Request {
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
}

interface Diff {
  /** Undefined: the provider does not say, the engine compares the inputs. */
  changes: boolean | undefined;
  replaceKeys: string[];
  deleteBeforeReplace: boolean;
}

/** What fails after something was made. */
export class InitFailure extends Error {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly reasons: string[];

  constructor(id: string, outputs: PropertyMap, reasons: string[]) {
    super(reasons.join("\n"));
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }
}

export interface ProviderHostOptions {
  programDirectory: string;
  project: string;
  env: NodeJS.ProcessEnv;
  node?: string | undefined;
  /** Where the engine listens, as the provider is told. @default "127.0.0.1:0", where nobody does */
  engineAddress?: string | undefined;
  /** How it is started: by Node at once, or by the SDK's launcher, as the CLI does it. @default "node" */
  by?: "node" | "launcher" | undefined;
  /** The engine gives its plugins a pipe, and never writes to it. @default "pipe" */
  stdin?: "ignore" | "pipe" | undefined;
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

type Client = InstanceType<typeof providerService.ResourceProviderClient>;
type CheckResponse = InstanceType<typeof proto.CheckResponse>;
type DiffRequest = InstanceType<typeof proto.DiffRequest>;
type DiffResponse = InstanceType<typeof proto.DiffResponse>;
type CreateResponse = InstanceType<typeof proto.CreateResponse>;
type ReadResponse = InstanceType<typeof proto.ReadResponse>;
type UpdateRequest = InstanceType<typeof proto.UpdateRequest>;
type UpdateResponse = InstanceType<typeof proto.UpdateResponse>;
type Callback<T> = (error: ServiceError | null, response: T) => void;

/** The SDK's own dynamic-provider process, one per deployment. It takes no secrets and sees no preview. */
export class ProviderHost {
  readonly #process: NodeProcess;
  readonly #client: Promise<Client>;

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
      request.setArgs(struct({}));
      await call<unknown>((callback) => client.configure(request, callback));
      return client;
    });
    this.#client.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid;
  }

  closeStdin(): void {
    this.#process.closeStdin();
  }

  async stop(): Promise<void> {
    const client = this.#process.running ? await this.#client.catch(() => undefined) : undefined;
    client?.close();
    await this.#process.stop();
  }

  async check({ urn, olds, news }: Request & { olds: PropertyMap; news: PropertyMap }) {
    const request = new proto.CheckRequest();
    request.setUrn(urn);
    request.setOlds(struct(olds));
    request.setNews(struct(news));
    const response = await this.#ask<CheckResponse>((client, answer) => client.check(request, answer));
    const failures = response.getFailuresList().map((failure) => failure.toObject());
    return { inputs: valuesOf(response.getInputs()), failures };
  }

  async diff(update: Update): Promise<Diff> {
    const request = filled(new proto.DiffRequest(), update);
    const response = await this.#ask<DiffResponse>((client, answer) => client.diff(request, answer));
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    const changes = response.getChanges();
    return {
      changes: changes === DIFF_SOME ? true : changes === DIFF_NONE ? false : undefined,
      replaceKeys: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create({ urn, inputs }: Request & { inputs: PropertyMap }) {
    const request = new proto.CreateRequest();
    request.setUrn(urn);
    request.setProperties(struct(inputs));
    const response = await this.#ask<CreateResponse>((client, answer) => client.create(request, answer));
    return { id: response.getId(), outputs: valuesOf(response.getProperties()) };
  }

  async read({ urn, id, inputs, outputs }: Existing) {
    const request = new proto.ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setInputs(struct(inputs));
    request.setProperties(struct(outputs));
    const response = await this.#ask<ReadResponse>((client, answer) => client.read(request, answer));
    const [read, state] = [valuesOf(response.getInputs()), valuesOf(response.getProperties())];
    return { id: response.getId(), inputs: read, outputs: state };
  }

  async update(update: Update): Promise<PropertyMap> {
    const request = filled(new proto.UpdateRequest(), update);
    const response = await this.#ask<UpdateResponse>((client, answer) => client.update(request, answer));
    return valuesOf(response.getProperties());
  }

  async delete({ urn, id, inputs, outputs }: Existing): Promise<void> {
    const request = new proto.DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOldInputs(struct(inputs));
    request.setProperties(struct(outputs));
    await this.#ask<unknown>((client, answer) => client.delete(request, answer));
  }

  async #ask<T>(send: (client: Client, answer: Callback<T>) => void): Promise<T> {
    const client = await this.#client;
    return call((answer) => send(client, answer));
  }
}

/** What a diff and an update are asked with alike. */
function filled<T extends DiffRequest | UpdateRequest>(request: T, update: Update): T {
  request.setUrn(update.urn);
  request.setId(update.id);
  request.setOldInputs(struct(update.oldInputs));
  request.setOlds(struct(update.oldOutputs));
  request.setNews(struct(update.news));
  return request;
}

const struct = (map: PropertyMap) =>
  Struct.fromJavaScript(map as Parameters<typeof Struct.fromJavaScript>[0]);

const valuesOf = (message: ReturnType<typeof struct> | undefined): PropertyMap =>
  message?.toJavaScript() ?? {};

async function call<T>(send: (answer: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error === null) resolve(response);
      else reject(initFailureIn(error) ?? new Error(error.details, { cause: error }));
    });
  });
}

function initFailureIn(error: ServiceError): InitFailure | undefined {
  const detail = errorDetails(error).find(({ type }) => type.endsWith("pulumirpc.ErrorResourceInitFailed"));
  if (detail === undefined) return undefined;
  const failure = proto.ErrorResourceInitFailed.deserializeBinary(detail.bytes);
  return new InitFailure(failure.getId(), valuesOf(failure.getProperties()), failure.getReasonsList());
}
