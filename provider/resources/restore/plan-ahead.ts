import { wordsOf } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import type { CheckResult } from "../../lifecycle/handler.ts";
import { tell } from "../../lifecycle/notices.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { examine } from "./examine.ts";
import { findBackup } from "./find-backup.ts";
import { type RestoreInputs, targetsOf } from "./inputs.ts";
import { optionsOf } from "./options.ts";
import { partOf, wishOf } from "./part.ts";
import type { Plan } from "./plan.ts";
import { requirementsMissing } from "./requirements.ts";
import { namespacesIn } from "./select-items.ts";
import { unmapped } from "./unmapped.ts";
import { placeOf } from "./place-of.ts";

/** A preview must not wait for long. */
const PATIENCE_MS = 20_000;

/**
 * What the restore would do, where its backup is known and can be read: counts as an input of its own, which the
 * preview shows. Where it cannot be told, a notice says why; nothing fails for that.
 */
export async function planAhead(result: CheckResult<RestoreInputs>): Promise<CheckResult<RestoreInputs>> {
  const { inputs } = result;
  if (!hasWay(inputs)) return withNotices(result, [NO_WAY]);
  if (!isKnown(inputs)) return result;
  try {
    const plans = await bounded(Promise.all(targetsOf(inputs.targets).map(([key]) => planFor(inputs, key))));
    const known = plans.flatMap(({ plan }) => plan ?? []);
    const notices = plans.flatMap(({ notices }) => notices);
    if (known.length === 0) return withNotices(result, notices);
    const plan = sumOf(known);
    // An ordinary preview shows no inputs.
    tell(nameOf(inputs.owner), wordsFor(plan));
    return withNotices({ ...result, inputs: { ...inputs, plan } }, notices);
  } catch (error) {
    return withNotices(result, [`no plan: ${wordsOf(error)}`]);
  }
}

function withNotices(
  result: CheckResult<RestoreInputs>,
  notices: readonly string[],
): CheckResult<RestoreInputs> {
  const { inputs } = result;
  for (const notice of notices) tell(nameOf(inputs.owner), notice);
  return { ...result, inputs: { ...inputs, notices: [...inputs.notices, ...notices] } };
}

/** Whether this program can read what the backups hold, as far as is known. */
const hasWay = ({ targets, storage, access }: RestoreInputs): boolean =>
  access !== "none" &&
  targetsOf(targets).every(([, { source }]) => (source.storage ?? storage) !== undefined);

/** What a resource does not say of itself is unknown in a preview: that it had other names, or has taken a backup. */
function isKnown(inputs: RestoreInputs): boolean {
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  const targets = targetsOf(inputs.targets).map(([, { source: of, ...target }]) => ({
    ...target,
    source: source.scheduled === true ? { storage: of.storage } : of,
  }));
  return !hasUnknown([source, targets, inputs.storage, inputs.access, optionsOf(inputs)]);
}

async function planFor(inputs: RestoreInputs, key: string): Promise<{ plan?: Plan; notices: string[] }> {
  const part = partOf({ ...inputs, incarnation: "", byCluster: {}, phase: "" }, key);
  const { target, source } = part;
  const { client } = await openCluster(target.connection, clusterLabel(target.cluster), undefined);
  const place = await placeOf(client, part);
  const { store, storePrefix } = place;
  if (!store)
    return { notices: [`no plan: cluster "${target.cluster}" does not see the backups of "${source}" yet`] };
  const backup = await findBackup(wishOf(part), { client, source, ...place });
  const {
    items,
    plan,
    surroundings,
    target: seen,
    lostData,
  } = await examine(client, { store, storePrefix, backupName: backup.metadata.name }, inputs);
  const missing = requirementsMissing(items, plan, inputs, surroundings);
  const mapping = unmapped(namespacesIn(items), inputs.namespaceMapping);
  const notices = [
    missing && wordsOf(missing),
    lostData && wordsOf(lostData),
    mapping && wordsOf(mapping.problem),
    seen.hidden.length > 0
      ? `the plan takes all ${seen.hidden.join(", ")} for missing in cluster "${target.cluster}": these credentials may not list them there`
      : undefined,
  ].filter((each) => each !== undefined);
  return { plan, notices };
}

const NO_WAY =
  "no plan: this program has no way to the store (`access`), and cannot see what the backup holds";

/** `plan: 49 objects to create, 3 there already`. */
function wordsFor({ create, exists, update, notRestorable }: Plan): string {
  const parts = [
    ...(update > 0 ? [`${update} to update`] : []),
    ...(exists > 0 ? [`${exists} there already`] : []),
    ...(notRestorable > 0 ? [`${notRestorable} not restorable`] : []),
  ];
  return `plan: ${[`${create} ${create === 1 ? "object" : "objects"} to create`, ...parts].join(", ")}`;
}

const sumOf = (plans: readonly Plan[]): Plan => ({
  create: plans.reduce((sum, { create }) => sum + create, 0),
  exists: plans.reduce((sum, { exists }) => sum + exists, 0),
  update: plans.reduce((sum, { update }) => sum + update, 0),
  notRestorable: plans.reduce((sum, { notRestorable }) => sum + notRestorable, 0),
  missingKinds: [...new Set(plans.flatMap(({ missingKinds }) => missingKinds))].toSorted(),
});

async function bounded<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not made within ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
