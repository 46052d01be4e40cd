import type { GenericSchema } from "valibot";
import type { BackupHealth } from "../../model/health.ts";
import type { identity } from "./fields.ts";
import { nameOf } from "./identity.ts";
import { fingerprintReferences, type FingerprintResult, type Fingerprints } from "./secrets.ts";
import type { CheckResult, DiffResult, Failure } from "./handler.ts";
import { type NamesInProgram, validate, type InferEntries } from "./validate.ts";
import type { CoreSession, CheckedResources } from "./session.ts";
import { assumeUnchanged, omit, pick, same } from "./values.ts";

/** The inputs that every resource of ours has. */
export interface CommonInputs extends InferEntries<typeof identity> {
  /**
   * The health that the inputs imply. `read` returns the actual health instead, which shows as drift
   * (docs/design/rules.md#health-as-an-input).
   */
  health: BackupHealth;
  fingerprints: Fingerprints;
  notices: string[];
}

/** `changed` is true if the user's inputs, or the values of their references, have changed. */
export interface CheckedInputs<Inputs> extends CheckResult<Inputs> {
  changed: boolean;
}

/** Defines how one kind checks its inputs. `Inputs` are the declared inputs, without those that `derive` computes. */
export interface KindOfInputs<Inputs extends CommonInputs> {
  schema: GenericSchema & { readonly entries: object };
  /**
   * Checks rules between properties, which a schema cannot express. It is also called for inputs of a wrong shape, and
   * ignores those.
   */
  rules?(news: Inputs): Failure[];
  /**
   * Returns the program's name of a property: `connection.context` is `clusters.east.context` there. Default: its path
   * here.
   */
  declaredAs?(news: Inputs, path: string): string;
  /**
   * Returns the names that a program may use at a path, if they differ from the schema's. They are suggested for
   * misspelt names.
   */
  namesInProgram?: NamesInProgram;
  /** Returns what a failure has to name in addition to its path: `cluster "east"`. */
  subject?(news: Inputs): string;
  /** Returns the parts of the inputs that may contain references. */
  secretParts(news: Inputs): Record<string, object | undefined>;
  expectedHealth(news: Inputs): Inputs["health"];
  /** Computes names and other values. They are taken from state as long as the user's inputs are unchanged. */
  derive(
    news: Inputs,
    olds: Inputs | undefined,
    how: { dryRun: boolean; checked: CheckedResources },
  ): { computed: Partial<Inputs>; notices: string[] };
  computedKeys: readonly string[];
  /** Describes what an `up` does with the stored data of a resource that these inputs replace. */
  replacementNotices?(news: Inputs, olds: Inputs): string[];
}

const COMMON_COMPUTED = ["health", "fingerprints", "notices"];

/**
 * Checks inputs. It makes no call, and is deterministic for unchanged inputs
 * (docs/design/rules.md#check-and-preflight).
 */
export function checkInputs<Inputs extends CommonInputs>(
  session: CoreSession,
  kind: KindOfInputs<Inputs>,
  raw: unknown,
  olds: Inputs | undefined,
  { dryRun }: { dryRun: boolean },
): CheckedInputs<Inputs> {
  const computedKeys = [...COMMON_COMPUTED, ...kind.computedKeys];
  const declared = omit(raw as Inputs, computedKeys) as Inputs;
  session.checked.remember(declared.owner, declared.lineage);

  const references = fingerprintReferences(session, kind.secretParts(declared), olds?.fingerprints);
  const failures = [
    ...validate(kind.schema, declared, kind.namesInProgram).map(({ path, reason }) => ({
      path: kind.declaredAs?.(declared, path) ?? path,
      reason,
    })),
    ...(kind.rules?.(declared) ?? []),
    ...(dryRun ? [] : unresolved(references).map(withRemedy)),
  ];
  if (failures.length > 0)
    return { inputs: declared, failures: failures.map(about(kind.subject?.(declared))), changed: true };

  const unchanged = olds !== undefined && same(declared, omit(olds, computedKeys));
  const derived = unchanged
    ? { computed: pick(olds, kind.computedKeys), notices: olds.notices ?? [] }
    : kind.derive(declared, olds, { dryRun, checked: session.checked });
  session.checked.remember(declared.owner, derived.computed.lineage);
  const pending = unresolved(references).map(
    ({ path, reason }) => `${path}: ${reason}, so it is not checked here`,
  );
  const replacement = dryRun ? replacementNotices(session, kind, declared, olds) : [];
  const notices = [...derived.notices, ...replacement];
  const resource = nameOf(declared.owner);
  for (const notice of [...(unchanged ? [] : notices), ...pending]) session.notices.warn(resource, notice);

  return {
    inputs: {
      ...declared,
      ...derived.computed,
      health: kind.expectedHealth(declared),
      fingerprints: references.fingerprints,
      notices,
    },
    failures: [],
    changed: !unchanged || !same(references.fingerprints, olds.fingerprints ?? {}),
  };
}

/** Returns the notices for previews. After the `up` they have no use. */
function replacementNotices<Inputs extends CommonInputs>(
  session: CoreSession,
  kind: KindOfInputs<Inputs>,
  news: Inputs,
  olds: Inputs | undefined,
): string[] {
  if (!olds) return session.checked.takeReplacementNotices(news.owner);
  const notices = kind.replacementNotices?.(news, olds) ?? [];
  session.checked.rememberReplacement(news.owner, notices);
  return notices;
}

/** Returns the inputs in the outputs, with the health that `read` found. */
export function inputsIn<Inputs extends CommonInputs>(
  kind: KindOfInputs<Inputs>,
  outputs: Inputs,
  health: Inputs["health"],
): Inputs {
  return { ...(pick(outputs, inputKeysOf(kind)) as Inputs), health };
}

/** Returns the outputs with new inputs. Inputs that the program has removed are removed from the outputs. */
export function withInputs<Inputs extends CommonInputs, Outputs extends Inputs>(
  kind: KindOfInputs<Inputs>,
  outputs: Outputs,
  news: Inputs,
): Outputs {
  return { ...omit(outputs, inputKeysOf(kind)), ...news } as Outputs;
}

const inputKeysOf = <Inputs extends CommonInputs>({
  schema,
  computedKeys,
}: KindOfInputs<Inputs>): string[] => [...Object.keys(schema.entries), ...COMMON_COMPUTED, ...computedKeys];

/** Adds the subject to a failure. Without it, the cluster of a wrong `ttl` would not be known. */
const about =
  (subject: string | undefined) =>
  ({ path, reason }: Failure): Failure => ({
    path,
    reason: subject === undefined || path.startsWith("clusters.") ? reason : `${reason} (${subject})`,
  });

const withRemedy = ({ path, reason }: Failure): Failure => ({
  path,
  reason: `${reason}; set it where Pulumi runs, in refresh and destroy, too`,
});

const unresolved = (references: FingerprintResult): Failure[] =>
  references.unresolved.map(({ path, problem }) => ({ path, reason: problem }));

/**
 * Returns the changed properties that need a new object. Values are compared as the kind reads them (`view` applies
 * today's defaults, so that a new default is no change). An unknown value never replaces: the engine sends unknowns in
 * a real `up` as well.
 */
export function diffBy<Inputs extends { owner: string; lineage: string }>(
  session: CoreSession,
  state: Inputs & { unfinished?: string | undefined },
  news: Inputs,
  view: (inputs: Inputs) => Record<string, unknown>,
): DiffResult {
  // If a resource is renamed by an alias and replaced at once, the delete of the old half has the earlier owner. A
  // refresh compares with old inputs, and may precede a destroy, so it records nothing.
  if (state.owner !== news.owner) session.checked.remember(state.owner, state.lineage);
  const [before, after] = [view(state), view(assumeUnchanged<Inputs>(news, state))];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const replaces = [...keys].filter((key) => !same(before[key], after[key]));
  return { replaces, unfinished: state.unfinished !== undefined };
}
