import type { GenericSchema } from "valibot";
import type { CheckedResources } from "./checked-resources.ts";
import { nameOf } from "./identity.ts";
import { fingerprintReferences, type FingerprintResult, type Fingerprints } from "./references.ts";
import type { CheckResult, DiffResult, Failure } from "./handler.ts";
import { tell } from "./notices.ts";
import { type NamesInProgram, validate } from "./validate.ts";
import type { CoreSession } from "./session.ts";
import { assumeUnchanged, omit, pick, same } from "./values.ts";

/** What every resource of ours has among its inputs. */
export interface CommonInputs {
  /** URN, made by the SDK: the provider's process knows neither stack nor URN. */
  owner: string;
  /** See `identity.ts`. Of a location it is made by its check; all that hangs on the location has the same. */
  lineage: string;
  /** The lineage of a state that was lost, whose objects this resource takes back. */
  adoptLineage?: string | undefined;
  /**
   * The constant that the inputs imply. `read` returns what it found instead, which makes drift
   * (docs/design/rules.md#health-as-an-input).
   */
  health: Health;
  fingerprints: Fingerprints;
  notices: string[];
}

/** Whether previews look at store and clusters: `strict` makes a failure of what cannot be seen from here. */
export type Preflight = "on" | "strict" | "off";

/** `changed`: the user's inputs, or what a reference of theirs stands for, are not what they were. */
export interface CheckedInputs<Inputs> extends CheckResult<Inputs> {
  changed: boolean;
}

/** The health of any kind. `sdk/health.ts` says what each means; each kind's inputs narrow it to what that kind can have. */
export type Health =
  | "Healthy"
  | "Paused"
  | "Offline"
  | "Stale"
  | "Failing"
  | "Suspect"
  | "Missing"
  | "Drifted"
  | "Expiring"
  | "Stuck"
  | "Unhealthy"
  | "Unknown";

/** How one kind checks its inputs. `Inputs` as declared, without what `derive` computes. */
export interface KindOfInputs<Inputs extends CommonInputs> {
  schema: GenericSchema & { readonly entries: object };
  /** What a schema cannot say: rules between properties. Called for inputs of a wrong shape, too, and silent on those. */
  rules?(news: Inputs): Failure[];
  /** What the program calls a property: `connection.context` is `clusters.east.context` there. Default: its path here. */
  declaredAs?(news: Inputs, path: string): string;
  /** The names that a misspelt one may stand for, where the program does not say what the schema has. */
  namesInProgram?: NamesInProgram;
  /** What else a complaint must name, `cluster "east"`, where its path does not. */
  subject?(news: Inputs): string;
  /** Where references may stand. */
  secretParts(news: Inputs): Record<string, object | undefined>;
  expectedHealth(news: Inputs): Inputs["health"];
  /** Names and the like. Taken over from state while the user's inputs are what they were. */
  derive(
    news: Inputs,
    olds: Inputs | undefined,
    how: { dryRun: boolean; checked: CheckedResources },
  ): { computed: Partial<Inputs>; notices: string[] };
  computedKeys: readonly string[];
  /** Tells what an up does with the stored data of a resource that these inputs replace. */
  replacementNotices?(news: Inputs, olds: Inputs): string[];
}

const COMMON_COMPUTED = ["health", "fingerprints", "notices"];

/** Makes no call, and is deterministic for unchanged inputs (docs/design/rules.md#check-and-preflight). */
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

  const references = fingerprintReferences(kind.secretParts(declared), olds?.fingerprints);
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
  for (const notice of [...(unchanged ? [] : notices), ...pending]) tell(resource, notice);

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

/** For previews alone: once the up is done there is nothing to tell any more. */
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

/** The inputs among the outputs, with the health that `read` found. */
export function inputsIn<Inputs extends CommonInputs>(
  kind: KindOfInputs<Inputs>,
  outputs: Inputs,
  health: Inputs["health"],
): Inputs {
  return { ...(pick(outputs, inputKeysOf(kind)) as Inputs), health };
}

/** The outputs under other inputs: one that the program has dropped must not live on in them. */
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

/** Without it one would not know which of thirty clusters a backup's `ttl` is about. */
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
 * Which of the properties that can only change with a new object have changed. Values are compared as the kind
 * reads them (`view`: under today's defaults, so that a new default is no change), and an unknown never replaces:
 * the engine sends unknowns in a real `up`, too.
 */
export function diffBy<Inputs extends { owner: string; lineage: string }>(
  session: CoreSession,
  state: Inputs & { unfinished?: string | undefined },
  news: Inputs,
  view: (inputs: Inputs) => Record<string, unknown>,
): DiffResult {
  // Renamed by an alias and replaced in one go: the old half's delete carries the owner that it had before. Of a
  // refresh, which compares with old inputs and may go before a destroy, nothing is to be learned.
  if (state.owner !== news.owner) session.checked.remember(state.owner, state.lineage);
  const [before, after] = [view(state), view(assumeUnchanged<Inputs>(news, state))];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const replaces = [...keys].filter((key) => !same(before[key], after[key]));
  return { replaces, unfinished: state.unfinished !== undefined };
}
