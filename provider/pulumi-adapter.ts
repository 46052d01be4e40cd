import { UNEXPECTED, withSomeCode, wordsOf } from "./core/errors.ts";
import { type Failure, type Handler, PartialFailure } from "./core/handler.ts";
import { nameOf } from "./core/identity.ts";
import type { CoreSession } from "./core/session.ts";
import type { StateKubeconfigs } from "./state-kubeconfigs.ts";

/**
 * Pulumi's contract for dynamic providers, as its provider host calls it
 * (docs/design/pulumi-facts.md#provider-methods). The types of `@pulumi/pulumi/dynamic` are not imported, because that
 * module must not be loaded in the provider's process.
 */
export interface DynamicProvider {
  check(
    olds: Wire,
    news: Wire,
  ): Promise<{ inputs?: Wire; failures?: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Wire,
    news: Wire,
  ): Promise<{ changes?: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Wire): Promise<{ id: string; outs: Wire }>;
  read(id: string, props: Wire): Promise<{ id: string; props: Wire; inputs: Wire }>;
  update(id: string, olds: Wire, news: Wire): Promise<{ outs: Wire }>;
  delete(id: string, props: Wire): Promise<void>;
}

type Wire = Record<string, unknown>;

/**
 * The engine's own property: the text from which it loads this package. Every result has to include it
 * (docs/design/pulumi-facts.md#provider-text-in-the-state).
 */
const CODE = "__provider";

/** The parts of a session that stand between Pulumi and the handlers. */
export type AdapterSession = Pick<CoreSession, "notices" | "secrets"> & { kubeconfigs: StateKubeconfigs };

export function adapt(session: AdapterSession, handler: Handler): DynamicProvider {
  const { kubeconfigs } = session;
  const guarded = <T>(work: () => Promise<T>, inputs?: Wire): Promise<T> =>
    work().catch((thrown: unknown) => {
      throw toPulumi(session, thrown, inputs);
    });

  return {
    check: (olds, news) =>
      guarded(async () => {
        const declared = await kubeconfigs.withUsedContexts(withoutNulls(news) as Wire);
        const { [CODE]: code, dryRun, ...inputs } = kubeconfigs.forCheck(declared, declared);
        const { [CODE]: _code, ...before } = kubeconfigs.forCheck(olds ?? {}, declared);
        const result = await handler.check(inputs, Object.keys(before).length > 0 ? before : undefined, {
          dryRun: dryRun === true,
        });
        return {
          inputs: kubeconfigs.asStateInputs(clean({ ...result.inputs, [CODE]: code }), declared),
          failures: result.failures.map((failure) => toFailure(session, failure)),
        };
      }),

    diff: (_id, olds, news) =>
      guarded(async () => {
        const { replaces, unfinished } = handler.diff(
          kubeconfigs.fromState(olds),
          kubeconfigs.fromState(news, olds),
        );
        // If `changes` is undefined, the engine compares the inputs itself: it shows each property, and `ignoreChanges`
        // and `replaceOnChanges` work.
        return { replaces, ...(unfinished || replaces.length > 0 ? { changes: true } : {}) };
      }),

    create: (inputs) =>
      guarded(async () => {
        const { id, outputs } = await handler.create(kubeconfigs.forWork(inputs));
        return { id, outs: kubeconfigs.asStateOutputs(clean({ ...outputs, [CODE]: inputs[CODE] })) };
      }, inputs),

    read: (id, props) =>
      guarded(async () => {
        const { outputs, inputs } = await handler.read(id, kubeconfigs.fromState(props));
        const code = { [CODE]: props[CODE] };
        const read = {
          id,
          props: kubeconfigs.asStateOutputs(clean({ ...outputs, ...code })),
          inputs: kubeconfigs.asStateInputs(clean({ ...inputs, ...code })),
        };
        warnOfDrift(session, read.props, read.inputs);
        return read;
      }),

    update: (id, olds, news) =>
      guarded(async () => {
        const outputs = await handler.update(
          id,
          kubeconfigs.fromState(olds),
          kubeconfigs.forWork(news, olds),
        );
        return { outs: kubeconfigs.asStateOutputs(clean({ ...outputs, [CODE]: news[CODE] })) };
      }, news),

    delete: (id, props) => guarded(() => handler.delete(id, kubeconfigs.fromState(props))),
  };
}

/** Prints the reason for drift. The engine shows only `~health`, and not the output with the reason. */
function warnOfDrift({ notices }: AdapterSession, { owner, message }: Wire, { health }: Wire): void {
  const isAsDeclared = health === "Healthy" || health === "Offline";
  if (isAsDeclared || typeof owner !== "string" || typeof message !== "string") return;
  notices.warn(nameOf(owner), `${String(health)}: ${message}`);
}

/** Puts the path into the text: for a top-level property, the engine would print its whole value, including secrets. */
const toFailure = (session: AdapterSession, { path, reason }: Failure) => ({
  property: "",
  reason: leaving(session, path ? `${path}: ${reason}` : reason, "InvalidInput"),
});

/** Prepares a message for people: without secrets, and with a code that can be looked up. */
function leaving(
  { notices, secrets }: AdapterSession,
  words: string,
  code: "InvalidInput" | typeof UNEXPECTED,
): string {
  const coded = withSomeCode(secrets.redact(words), code);
  notices.warnOfSections(coded);
  return coded;
}

/** Removes undefined values. The engine refuses them, and would lose the object that was just created. */
const clean = (value: Wire): Wire => JSON.parse(JSON.stringify(value)) as Wire;

/**
 * Removes nulls: an undefined value that was marked as secret arrives as null, such as the kubeconfig of a k8s.Provider
 * without one.
 */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(given.map(([key, inner]) => [key, withoutNulls(inner)]));
}

function toPulumi(session: AdapterSession, thrown: unknown, inputs: Wire | undefined): Error {
  const error = new Error(leaving(session, wordsOf(thrown), UNEXPECTED));
  // The host prints stacks in the stack's diagnostics. Ours add nothing to the message.
  error.stack = error.message;
  if (!(thrown instanceof PartialFailure)) return error;
  return Object.assign(error, {
    id: thrown.id,
    properties: session.kubeconfigs.asStateOutputs(clean({ ...thrown.outputs, [CODE]: inputs?.[CODE] })),
    reasons: thrown.reasons.map((reason) => leaving(session, reason, UNEXPECTED)),
  });
}
