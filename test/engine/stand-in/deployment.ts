import { Bail } from "./bail.ts";
import { type Base, baseOf } from "./base.ts";
import { planDeletes } from "./deletes.ts";
import type { DeploymentOptions } from "./deployment-options.ts";
import type { Goal, ReadGoal } from "./goal.ts";
import { Canceled } from "./monitor-service.ts";
import type { PropertyMap } from "./property-value.ts";
import { pendingOperationsWarning } from "./pending-operations.ts";
import { refreshAll } from "./refresh-all.ts";
import { RefreshStep } from "./refresh-step.ts";
import type { ResourceState } from "./resource-state.ts";
import { SnapshotManager } from "./snapshot-manager.ts";
import { type Outcome, type Registered, type Step, type StepContext } from "./step.ts";
import { StepExecutor } from "./step-executor.ts";
import { StepGenerator } from "./step-generator.ts";
import type { Targets } from "./targets.ts";
import { isProviderType, STACK_TYPE } from "./urn.ts";

/** One preview, update, refresh or destroy: what a program registers, worked off against the old state. */
export class Deployment {
  readonly news = new Map<string, ResourceState>();
  readonly #options: DeploymentOptions;
  readonly #manager: SnapshotManager;
  readonly #executor: StepExecutor;
  readonly #context: StepContext;
  readonly #canceled: Promise<never>;
  #base: Base;
  #generator: StepGenerator;
  #queue: Promise<void> = Promise.resolve();
  #cancel: (reason: Error) => void = () => undefined;
  #bailed = false;
  #isOver = false;
  #stackOutputs: { urn: string; outputs: PropertyMap } | undefined;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#base = baseOf(options.snapshot);
    this.#manager = new SnapshotManager(
      options.snapshot,
      options.preview ? () => undefined : (snapshot) => options.save(snapshot),
    );
    this.#canceled = new Promise((_, reject) => (this.#cancel = reject));
    this.#canceled.catch(() => undefined);
    this.#executor = this.#newExecutor(false);
    this.#context = {
      preview: options.preview,
      provider: (state) => options.providerFor(state),
      isDeletedWith: (urn) => this.#generator.log.deletes.has(urn),
    };
    this.#generator = this.#newGenerator();
  }

  get failed(): boolean {
    return this.#bailed || this.#executor.failed || this.#options.recorder.hasErrors;
  }

  /** The stack's outputs as this run has them. */
  get outputs(): PropertyMap {
    return this.#stackOutputs?.outputs ?? {};
  }

  /** What comes before the program. False: there is nothing more to do. */
  async begin(): Promise<boolean> {
    const { snapshot, preview, refresh, refreshProgram, recorder, targets } = this.#options;
    if (refresh && !refreshProgram) {
      await this.#refreshBase();
      if (this.#options.refreshOnly || this.failed) return false;
    } else if (snapshot.pendingOperations.length > 0 && !preview) {
      recorder.diagnose({ severity: "warning", message: pendingOperationsWarning(snapshot) });
    }
    return this.#checkTargets(new Set(this.#options.replaceTargets), targets);
  }

  register(goal: Goal): Promise<Registered> {
    return this.#enqueue<Registered>(async (done) => {
      const urn = this.#generator.claimUrn(goal);
      const { old, current } = this.#generator.find(urn, goal);
      if (goal.importId !== "") throw new Error("dynamic resources cannot be imported");
      const { refresh, refreshProgram, targets } = this.#options;
      if (refresh && refreshProgram && old !== undefined && targets.include(old)) {
        return this.#refreshFirst(urn, goal, old, current, done);
      }
      return this.#generator.generate(urn, goal, old, current, done);
    });
  }

  read(goal: ReadGoal): Promise<ResourceState> {
    return this.#enqueue<ResourceState>(async (done) => this.#generator.generateRead(goal, done));
  }

  async registerOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    if (this.news.get(urn)?.type === STACK_TYPE) {
      this.#stackOutputs = { urn, outputs };
      return;
    }
    const state = this.news.get(urn);
    if (state === undefined)
      throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    state.outputs = outputs;
    this.#manager.save();
  }

  /** Everything the program wanted is registered: now what it did not register goes. */
  async finish(): Promise<void> {
    await this.#queue;
    await this.#executor.settle();
    if (!this.#executor.canceled && !this.#bailed) {
      try {
        await (this.#options.refreshOnly ? this.#refreshRest() : this.#deleteRest());
      } catch (error) {
        this.#bail("", error);
      }
    }
    await this.abort();
  }

  /** Ends the deployment without deletes: running steps end, the program's open calls are refused. */
  async abort(): Promise<void> {
    await this.#executor.settle();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel(new Canceled("resource monitor shut down"));
    this.#finalizeStackOutputs();
    if (!this.#executor.failed) return;
    this.#options.recorder.error("", `${this.#options.preview ? "preview" : "update"} failed`);
  }

  /** Rejects once the deployment cannot go on. */
  get interrupted(): Promise<never> {
    return this.#canceled;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#bailed = true;
    this.#stop();
  }

  /** Writes nothing from now on, as an engine that was killed. */
  abandon(): void {
    this.#manager.abandon();
    this.interrupt();
  }

  #enqueue<T>(generate: (done: (result: T) => void) => Promise<Step[]>): Promise<T> {
    const result = new Promise<T>((resolve) => {
      this.#queue = this.#queue.then(async () => {
        if (this.#bailed || this.#executor.canceled) return;
        try {
          const chain = await generate(resolve);
          await this.#executor.start(chain);
        } catch (error) {
          this.#bail("", error);
        }
      });
    });
    return Promise.race([result, this.#canceled]);
  }

  async #refreshFirst(
    urn: string,
    goal: Goal,
    old: ResourceState,
    current: ResourceState,
    done: (registered: Registered) => void,
  ): Promise<Step[]> {
    this.#generator.log.refreshes.add(urn);
    const refreshed = new Promise<ResourceState | undefined>((resolve) => {
      void this.#executor.start([new RefreshStep(this.#context, old, resolve)]);
    });
    const state = await Promise.race([refreshed, this.#canceled]);
    if (this.#options.refreshOnly && goal.custom && !isProviderType(goal.type)) {
      if (state !== undefined) done({ state, unknown: false });
      return [];
    }
    return this.#generator.generate(urn, goal, state, current, done);
  }

  async #refreshBase(): Promise<void> {
    const { snapshot, targets, recorder, preview } = this.#options;
    if (!this.#checkTargets(new Set(), targets)) return;
    const executor = this.#newExecutor(true);
    const states = this.#base.resources.filter((state) => targets.include(state));
    await refreshAll(states, snapshot, this.#context, executor);
    this.#base = baseOf(snapshot);
    this.#generator = this.#newGenerator();
    this.#manager.save();
    if (!executor.failed) return;
    recorder.error("", `${preview ? "preview" : "update"} failed`);
    this.#bailed = true;
  }

  /** Refreshing with the program: what it did not register is read as well. */
  async #refreshRest(): Promise<void> {
    const { snapshot, targets } = this.#options;
    const isLeft = (state: ResourceState): boolean =>
      !this.#generator.log.isOperatedOn(state.urn) && targets.include(state);
    await refreshAll(this.#base.resources.filter(isLeft), snapshot, this.#context, this.#executor);
    this.#manager.save();
  }

  async #deleteRest(): Promise<void> {
    const { targets, preview } = this.#options;
    const known = (urn: string): boolean => this.news.has(urn) || this.#base.olds.has(urn);
    if (!this.#targetsExist(targets.missing(known))) return;
    const plan = await planDeletes(this.#generator, this.#base, this.#context, targets);
    for (const urn of plan.untargeted) {
      this.#options.recorder.error(
        urn,
        `Resource '${urn}' will be destroyed but was not specified in --target list.`,
      );
    }
    if (plan.untargeted.length > 0 && !preview) throw new Bail("delete untargeted resource");
    if (plan.sames.length > 0) await (await this.#executor.start(plan.sames)).ended;
    for (const round of plan.deletes) await this.#executor.runParallel(round);
  }

  #finalizeStackOutputs(): void {
    if (this.#stackOutputs === undefined) return;
    const { urn, outputs } = this.#stackOutputs;
    const state = this.news.get(urn);
    if (state === undefined) return;
    // After a failure a missing output may only not have come yet: the old ones stay.
    const old = this.failed ? this.#base.olds.get(urn)?.outputs : undefined;
    state.outputs = this.#stackOutputs.outputs = { ...old, ...outputs };
    this.#manager.save();
  }

  #began(step: Step): void {
    this.#options.recorder.began(step);
    if (!this.#options.preview) this.#manager.begin(step);
  }

  #ended(step: Step, outcome: Outcome): void {
    const { recorder, preview } = this.#options;
    recorder.ended(step, outcome);
    if (outcome.error !== undefined) {
      recorder.error(step.urn, `${preview ? "Preview failed: " : ""}${outcome.error.message}`);
    }
    const state = step.new;
    // A failed update leaves what is there with the inputs that it was made with (engine/update.go).
    if (outcome.partial && step.op === "update" && state !== undefined && step.old !== undefined) {
      state.inputs = { ...step.old.inputs };
    }
    if (state !== undefined && step.op !== "replace") this.news.set(state.urn, state);
    if (!preview) this.#manager.end(step, outcome.error === undefined || outcome.partial === true);
  }

  #bail(urn: string, error: unknown): void {
    if (!(error instanceof Bail) && !(error instanceof Canceled)) {
      this.#options.recorder.error(urn, error instanceof Error ? error.message : String(error));
    }
    this.#bailed = true;
    this.#stop();
  }

  #stop(): void {
    this.#executor.cancel();
    void this.#executor.settle().then(() => this.#cancel(new Canceled("resource monitor shut down")));
  }

  #checkTargets(replaceTargets: Set<string>, targets: Targets): boolean {
    const known = (urn: string): boolean => this.#base.olds.has(urn);
    const refreshing = this.#options.refreshOnly || this.#options.destroying;
    const missing = [...replaceTargets].filter((urn) => !known(urn));
    return this.#targetsExist([...missing, ...(refreshing ? targets.missing(known) : [])]);
  }

  #targetsExist(missing: string[]): boolean {
    for (const urn of missing)
      this.#options.recorder.error("", `Target '${urn}' could not be found in the stack.`);
    if (missing.length > 0) this.#bailed = true;
    return missing.length === 0;
  }

  #newExecutor(ignoreErrors: boolean): StepExecutor {
    return new StepExecutor({
      listener: { began: (step) => this.#began(step), ended: (step, outcome) => this.#ended(step, outcome) },
      parallel: this.#options.parallel,
      ignoreErrors,
      onFailure: () => this.#stop(),
    });
  }

  #newGenerator(): StepGenerator {
    const { project, stack, targets, replaceTargets, destroying, recorder } = this.#options;
    return new StepGenerator({
      project,
      stack,
      targets,
      destroying,
      base: this.#base,
      context: this.#context,
      replaceTargets: new Set(replaceTargets),
      error: (urn, message) => recorder.error(urn, message),
    });
  }
}
