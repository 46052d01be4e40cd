import { availableParallelism } from "node:os";
import type { DeploymentInfo } from "@pulumi/pulumi/proto/resource_pb.js";
import type { RunResult } from "../run-result.ts";
import type { Operation, Run, RunOptions } from "../runner.ts";
import { type Backend, stackOutputs } from "./backend.ts";
import { BuiltinProvider } from "./builtin-provider.ts";
import { redact } from "./checkpoint.ts";
import type { LineListener, NodeProcess } from "./child-process.ts";
import { DefaultProviders } from "./default-providers.ts";
import { Deployment } from "./deployment.ts";
import { addEngineService } from "./engine-service.ts";
import { addMonitorService } from "./monitor-service.ts";
import { EXIT_AFTER_LOGGING, runProgram } from "./program.ts";
import { containsSecrets, type PropertyMap, Secret, unwrapSecrets } from "./property-value.ts";
import { grpc } from "./protocol.ts";
import { Providers } from "./providers.ts";
import { duplicateUrn, type Snapshot } from "./resource-state.ts";
import { RunRecorder } from "./run-recorder.ts";
import { Targets } from "./targets.ts";
import { encodeMap } from "./wire.ts";

/** A stack, and the program that belongs to it. */
export interface EngineStack {
  project: string;
  stack: string;
  backend: Backend;
  directory: string;
  /** What to run in the directory: `.` or the `main` of Pulumi.yaml. */
  entryPoint: string;
  typescript: boolean;
  config: Record<string, string>;
  secretConfigKeys: string[];
  env: NodeJS.ProcessEnv;
  /** The Node on which program and provider run. Default: that of the tests. */
  node?: string | undefined;
}

const POLL_MS = 10;

/** One preview, update, refresh or destroy, with the processes and services that it takes. */
export class EngineRun implements Run {
  readonly result: Promise<RunResult>;
  readonly #stack: EngineStack;
  readonly #operation: Operation;
  readonly #options: RunOptions;
  readonly #preview: boolean;
  readonly #parallel: number;
  readonly #recorder = new RunRecorder();
  readonly #builtin: BuiltinProvider;
  readonly #providers: Providers;
  readonly #config: PropertyMap;
  readonly #killed: Promise<PropertyMap>;
  #kill: (outputs: PropertyMap) => void = () => undefined;
  #isKilled = false;
  #isCorrupt = false;
  #deployment: Deployment | undefined;
  #program: NodeProcess | undefined;

  constructor(stack: EngineStack, operation: Operation, options: RunOptions) {
    this.#stack = stack;
    this.#operation = operation;
    this.#options = options;
    this.#preview = operation === "preview" || options.previewOnly === true;
    this.#parallel = options.parallel ?? availableParallelism() * 4;
    this.#config = { ...stack.config };
    for (const key of stack.secretConfigKeys) this.#config[key] = new Secret(stack.config[key] ?? "");
    this.#killed = new Promise((resolve) => (this.#kill = resolve));
    this.#builtin = new BuiltinProvider({
      stackOutputs: (name) => stack.backend.outputs(name, stack.project),
      resource: (urn) => this.#deployment?.news.get(urn),
    });
    const { directory: programDirectory, project, env, node } = stack;
    const onLine = this.#report;
    this.#providers = new Providers(
      { programDirectory, project, env, node, config: this.#config, onLine },
      this.#builtin,
    );
    this.result = this.#run();
  }

  providerPids(): number[] {
    return this.#providers.hostPids;
  }

  async killProvider(): Promise<void> {
    let isOver = false;
    void this.result.finally(() => (isOver = true));
    while (this.providerPids().length === 0) {
      if (isOver) throw new Error("the run ended before there was a provider to kill");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.#providers.killHost();
  }

  async killEngine(): Promise<void> {
    this.#providers.killHost();
    await this.#die();
  }

  /** The stand-in lives in the process of the tests: it lets go of the provider as if it had been killed. */
  async killEngineAlone(): Promise<void> {
    this.#providers.abandonHost();
    await this.#die();
  }

  async #die(): Promise<void> {
    this.#isKilled = true;
    this.#deployment?.abandon();
    this.#program?.kill();
    this.#kill({});
    await this.result;
  }

  interrupt(): void {
    this.#deployment?.interrupt();
  }

  async #run(): Promise<RunResult> {
    const began = performance.now();
    const { backend } = this.#stack;
    let outputs: PropertyMap = {};
    let locked = false;
    try {
      if (!this.#preview) backend.lock(this.#stack);
      locked = !this.#preview;
      outputs = await Promise.race([this.#deploy(), this.#killed]);
    } catch (error) {
      this.#recorder.error("", error instanceof Error ? error.message : String(error));
    }
    await Promise.all([this.#providers.stop(), this.#program?.stop()]);
    if (locked && !this.#isKilled) backend.unlock(this.#stack);
    if (this.#options.expectNoChanges && !this.#recorder.hasErrors && this.#recorder.hasChanges) {
      const operation = this.#operation === "up" ? "update" : this.#operation;
      this.#recorder.error("", `no changes were expected for ${operation} but changes were proposed`);
    }
    return this.#summary(outputs, performance.now() - began);
  }

  async #deploy(): Promise<PropertyMap> {
    const { backend, project, stack } = this.#stack;
    const { target, targetDependents, replace, runProgram, clearPendingCreates } = this.#options;
    const operation = this.#operation;
    const snapshot = backend.load(this.#stack);
    if (operation === "refresh" && clearPendingCreates) snapshot.pendingOperations = [];
    const withProgram = runProgram === true || operation === "preview" || operation === "up";
    const refreshOnly = operation === "refresh";
    const deployment = new Deployment({
      project,
      stack,
      snapshot,
      refreshOnly,
      parallel: this.#parallel,
      recorder: this.#recorder,
      preview: this.#preview,
      refresh: refreshOnly || this.#options.refresh === true,
      refreshProgram: runProgram === true,
      destroying: operation === "destroy",
      targets: new Targets(target ?? [], targetDependents),
      replaceTargets: replace ?? [],
      providerFor: (state) => this.#providers.of(state),
      save: (snapshot) => this.#save(snapshot),
    });
    this.#deployment = deployment;
    // The program takes as long to load as the provider: side by side they cost one start.
    if (withProgram) this.#providers.startHost();
    if (!(await deployment.begin())) await deployment.abort();
    else if (withProgram) await this.#runProgram(deployment);
    else await deployment.finish();
    return deployment.outputs;
  }

  #save(snapshot: Snapshot): void {
    this.#stack.backend.save(this.#stack, snapshot);
    const duplicate = duplicateUrn(snapshot);
    if (duplicate === undefined || this.#isCorrupt) return;
    this.#isCorrupt = true;
    const message = `snapshot integrity failure: duplicate resource ${duplicate} (not marked for deletion)`;
    this.#recorder.error("", message);
    this.#deployment?.interrupt();
  }

  async #runProgram(deployment: Deployment): Promise<void> {
    const server = new grpc.Server({
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
    const defaults = new DefaultProviders(this.#config, async (goal) => {
      const { state } = await deployment.register(goal);
      return state;
    });
    let announceDone: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (announceDone = resolve));
    let finished: Promise<void> | undefined;
    addEngineService(server, { log: (diagnostic) => this.#recorder.diagnose(diagnostic) });
    addMonitorService(server, {
      describe: (info) => this.#describe(info),
      defaultProvider: (packageName, version) => defaults.reference(packageName, version),
      register: (goal) => deployment.register(goal),
      registerOutputs: (urn, outputs) => deployment.registerOutputs(urn, outputs),
      read: (goal) => deployment.read(goal),
      invoke: async (token, args) => {
        await defaults.reference("pulumi", "");
        return this.#builtin.invoke(token, args);
      },
      programDone: async () => {
        announceDone();
        finished ??= deployment.finish();
        await finished;
      },
    });
    const port = await listen(server);
    const { project, stack, directory, entryPoint, typescript, config, secretConfigKeys, env, node } =
      this.#stack;
    const program = runProgram({
      project,
      stack,
      directory,
      entryPoint,
      typescript,
      config,
      secretConfigKeys,
      env,
      node,
      ...{
        preview: this.#preview,
        parallel: this.#parallel,
        address: `127.0.0.1:${port}`,
        onLine: this.#report,
      },
    });
    this.#program = program;
    const failed = program.ended.then(async (code) => {
      if (code === 0 || finished !== undefined) return;
      if (code !== EXIT_AFTER_LOGGING && !deployment.failed && !this.#isKilled) {
        this.#recorder.error("", `Program exited with non-zero exit code: ${code}`);
      }
      deployment.interrupt();
      await deployment.abort();
    });
    const stopped = deployment.interrupted.catch(() => deployment.abort());
    await Promise.race([done, failed, stopped]);
    if (finished === undefined && !deployment.failed) finished = deployment.finish();
    await finished;
    await Promise.race([program.ended, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    server.forceShutdown();
  }

  #describe(info: DeploymentInfo): void {
    const { project, stack, config, secretConfigKeys } = this.#stack;
    info.setProject(project);
    info.setStack(stack);
    info.setOrganization("organization");
    for (const [key, value] of Object.entries(config)) info.getConfigMap().set(key, value);
    info.setConfigsecretkeysList(secretConfigKeys);
    info.setDryrun(this.#preview);
    info.setParallel(this.#parallel);
  }

  readonly #report: LineListener = (line, stream) => {
    this.#recorder.diagnose({ severity: stream === "stdout" ? "info" : "info#err", message: line });
  };

  #summary(proposed: PropertyMap, durationMs: number): RunResult {
    const { backend } = this.#stack;
    const isProposal = this.#operation === "preview";
    const outputs = isProposal ? proposed : stackOutputs(backend.load(this.#stack));
    const { steps, diagnostics, text, hasErrors } = this.#recorder;
    const secretOutputs = Object.keys(outputs).filter((key) => containsSecrets(outputs[key] ?? null));
    const plain = unwrapSecrets(outputs) as PropertyMap;
    return {
      ok: !hasErrors && !this.#isKilled && this.#deployment?.failed === false,
      steps,
      outputs: isProposal ? (redact(outputs) as Record<string, unknown>) : encodeMap(plain, {}),
      secretOutputs,
      diagnostics,
      text,
      durationMs,
      state: backend.export(this.#stack),
    };
  }
}

function listen(server: InstanceType<typeof grpc.Server>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
