import { wordsOf } from "../../core/errors.ts";
import type { CheckResult } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import { hasUnknown } from "../../core/values.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import {
  type BackupNamespaces,
  mappingProblemFor,
  saidNamespaces,
  seenNamespaces,
  strayEntries,
  strayProblem,
} from "../../restore-model/judge-mapping.ts";
import { type Finding, refusal, warning } from "../../rules/finding.ts";
import { previewOf } from "../../rules/preflight.ts";
import { kindFindings } from "../../rules/selected-kinds.ts";
import { isDrill, restoredBy } from "../../schemas/restore-options.ts";
import type { RestorePlan } from "../../../model/restore-results.ts";
import { hasAccess, type RestoreInputs, targetsOf } from "../../schemas/restore.ts";
import { examine, requirementsMissing, restoredKindFindings } from "./examine.ts";
import { findBackup } from "./find-backup.ts";
import { type RestoreInCluster, partOf, sourcePlaceOf, backupRequestOf } from "./part.ts";
import type { Session } from "../../session.ts";
import { foreseeData } from "./prove-restored.ts";

/** A preview must not wait for a server that does not answer. */
const PLAN_TIMEOUT_MS = 20_000;

/**
 * Computes the plan of the restore, if its backup is known and readable. The plan is an input, which the preview shows.
 * If it cannot be computed, a notice gives the reason. Mappings and kinds that the `up` would refuse are refused here.
 */
export async function planAhead(
  session: Session,
  result: CheckResult<RestoreInputs>,
): Promise<CheckResult<RestoreInputs>> {
  const { inputs } = result;
  const isSeen = hasAccess(inputs);
  const notSeen = isSeen ? [] : [NO_WAY];
  const hasMapping = Object.keys(inputs.namespaceMapping ?? {}).length > 0;
  if (!isKnown(inputs) || !(isSeen || hasMapping)) return withNotices(session, result, notSeen);
  const looks = await Promise.all(
    targetsOf(inputs.targets).map(async ([key, { cluster }]): Promise<Look> => {
      try {
        const look = isSeen ? lookInside(session, inputs, key) : lookFromOutside(session, inputs, key);
        return await session.arrivals.whileTheyCome(look, PLAN_TIMEOUT_MS, throwSilence);
      } catch (error) {
        const lacking = isSeen ? "no plan" : "namespaceMapping is not checked here";
        return { cluster, hasFailed: true, notices: [`${lacking}: ${wordsOf(error)}`] };
      }
    }),
  );
  const { failures, notices } = previewOf([
    ...judgeMapping(inputs, looks),
    ...looks.flatMap(({ kinds = [] }) => kinds),
  ]);
  const told = [...new Set([...notSeen, ...looks.flatMap((look) => look.notices), ...notices])];
  const plans = looks.flatMap(({ plan }) => plan ?? []);
  if (failures.length > 0) return { inputs, failures };
  if (plans.length === 0 || looks.some(({ hasFailed }) => hasFailed))
    return withNotices(session, result, told);
  const plan = sumOf(plans);
  // A preview without details shows no inputs.
  session.notices.warn(nameOf(inputs.owner), wordsFor(plan));
  return withNotices(session, { ...result, inputs: { ...inputs, plan } }, told);
}

/** The findings of a preview about one target. */
interface Look {
  cluster: string;
  notices: string[];
  /** Kinds that Velero could not resolve. */
  kinds?: Finding[];
  plan?: RestorePlan;
  namespaces?: BackupNamespaces;
  /** True if another backup may be chosen at the time of the `up`. */
  isOpen?: boolean;
  hasFailed?: true;
}

/** Refuses what the `up` would certainly refuse, and warns of what it may refuse. */
function judgeMapping({ namespaceMapping = {} }: RestoreInputs, looks: readonly Look[]): Finding[] {
  const seen = looks.flatMap(({ namespaces }) => namespaces ?? []);
  const unfit = looks.flatMap(({ namespaces, isOpen }): Finding[] => {
    const problem = namespaces && mappingProblemFor(namespaceMapping, namespaces);
    return problem ? [isOpen ? warning(wordsOf(problem)) : refusal(problem)] : [];
  });
  const stray = strayEntries(namespaceMapping, seen);
  if (seen.length === 0 || stray.length === 0) return unfit;
  const unseen = looks.filter(({ namespaces }) => !namespaces).map(({ cluster }) => cluster);
  const problem = strayProblem(stray, seen, unseen);
  const isCertain = unseen.length === 0 && !looks.some(({ isOpen }) => isOpen);
  return [...unfit, isCertain ? refusal(problem) : warning(wordsOf(problem))];
}

function withNotices(
  session: Session,
  result: CheckResult<RestoreInputs>,
  notices: readonly string[],
): CheckResult<RestoreInputs> {
  const { inputs } = result;
  for (const notice of notices) session.notices.warn(nameOf(inputs.owner), notice);
  return { ...result, inputs: { ...inputs, notices: [...inputs.notices, ...notices] } };
}

/**
 * Returns true if all needed inputs are known. The source's own outputs (its earlier names, its last backup) are
 * unknown in a preview.
 */
function isKnown(inputs: RestoreInputs): boolean {
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  const targets = targetsOf(inputs.targets).map(([, { source: of, ...target }]) => ({
    ...target,
    source: source.scheduled === true ? { storage: of.storage } : of,
  }));
  return !hasUnknown([source, targets, inputs.storage, inputs.access, inputs.drill, restoredBy(inputs)]);
}

/** Reads the backup, and compares it with the target. */
async function lookInside(session: Session, inputs: RestoreInputs, key: string): Promise<Look> {
  const part = partAhead(inputs, key);
  const { target, source } = part;
  const { cluster } = target;
  const { client } = await session.clusters.open(target.connection, clusterLabel(cluster), undefined);
  const place = await sourcePlaceOf(session, client, part);
  const { store, storePrefix } = place;
  if (!store)
    return {
      cluster,
      notices: [`no plan: cluster "${cluster}" does not see the backups of "${source}" yet`],
    };
  const backup = await findBackup(backupRequestOf(part), { client, source, ...place });
  const backupName = backup.metadata.name;
  const veleroNamespace = place.location.namespace;
  const examined = await examine(client, { store, storePrefix, backupName, veleroNamespace }, inputs);
  const { contents, items, plan, surroundings, target: seen, volumes, lostData } = examined;
  const missing = requirementsMissing(items, plan, inputs, surroundings);
  const hopeless = await foreseeData(client, { volumes }, inputs, { backupName, veleroNamespace });
  const kinds = kindFindings(restoredKindFindings(inputs, { ...seen, cluster }, contents));
  const notices = [
    missing && wordsOf(missing),
    hopeless && wordsOf(hopeless),
    lostData && wordsOf(lostData),
    seen.hidden.length > 0
      ? `the plan takes all ${seen.hidden.join(", ")} for missing in cluster "${cluster}": these credentials may not list them there`
      : undefined,
    surroundings.outOfSight.length > 0
      ? `the plan takes for missing what it cannot see in cluster "${cluster}": ${surroundings.outOfSight.join("; ")}`
      : undefined,
  ].filter((each) => each !== undefined);
  const namespaces = { ...seenNamespaces(items), cluster, backupName };
  // A drill without objects is refused for that reason, and unresolved kinds have their own findings.
  const isNothing = items.length === 0 && (isDrill(inputs) || kinds.length > 0);
  return {
    cluster,
    plan,
    notices,
    kinds,
    isOpen: isOpen(part),
    ...(!isNothing && { namespaces }),
  };
}

/** Checks the mapping without access to the store, by the spec of the Backup object. */
async function lookFromOutside(session: Session, inputs: RestoreInputs, key: string): Promise<Look> {
  const part = partAhead(inputs, key);
  const { target, source } = part;
  const { cluster } = target;
  const { client } = await session.clusters.open(target.connection, clusterLabel(cluster), undefined);
  const request = backupRequestOf(part);
  const backup = await findBackup(request, {
    client,
    source,
    ...(await sourcePlaceOf(session, client, part)),
  });
  const namespaces = {
    ...saidNamespaces(backup.spec, inputs),
    cluster,
    backupName: backup.metadata.name,
  };
  // The target may not know the newest backup of another cluster.
  const isNewest = request.backupName !== undefined || source === cluster;
  return { cluster, notices: [], isOpen: isOpen(part) || !isNewest, namespaces };
}

const partAhead = (inputs: RestoreInputs, key: string): RestoreInCluster =>
  partOf({ ...inputs, incarnation: "", byCluster: {}, phase: "New" }, key);

/** Returns true if this `up` creates or changes the resource that makes the backups, and may take another one. */
const isOpen = ({ target }: RestoreInCluster): boolean => hasUnknown(target.source.latest);

const NO_WAY =
  "no plan: this program has no way to the store (`access`), and cannot see what the backup holds";

/** Describes a plan: `plan: 49 objects to create, 3 there already`. */
function wordsFor({ create, exists, update, notRestorable }: RestorePlan): string {
  const parts = [
    ...(update > 0 ? [`${update} to update`] : []),
    ...(exists > 0 ? [`${exists} there already`] : []),
    ...(notRestorable > 0 ? [`${notRestorable} not restorable`] : []),
  ];
  return `plan: ${[`${create} ${create === 1 ? "object" : "objects"} to create`, ...parts].join(", ")}`;
}

const sumOf = (plans: readonly RestorePlan[]): RestorePlan => ({
  create: plans.reduce((sum, { create }) => sum + create, 0),
  exists: plans.reduce((sum, { exists }) => sum + exists, 0),
  update: plans.reduce((sum, { update }) => sum + update, 0),
  notRestorable: plans.reduce((sum, { notRestorable }) => sum + notRestorable, 0),
  missingKinds: [...new Set(plans.flatMap(({ missingKinds }) => missingKinds))].toSorted(),
});

function throwSilence(): never {
  throw new Error(`nothing has come in for ${PLAN_TIMEOUT_MS / 1_000} s`);
}
