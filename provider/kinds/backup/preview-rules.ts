import { nameOf, type Owned } from "../../core/identity.ts";
import { isUnknown } from "../../core/values.ts";
import { sharedList } from "../../kubernetes/clusters.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { configMaps, schedules } from "../../kubernetes/resources.ts";
import { adoptionInWords, inControl } from "../../rules/adoption.ts";
import { fact, findingIn, warning } from "../../rules/finding.ts";
import { nameFree } from "../../rules/name-free.ts";
import type { ClusterRule } from "../../rules/preflight.ts";
import { type BackupDeclaration, isScheduled } from "../../schemas/backup.ts";
import type { ClusterBackupInputs, ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { hasOwnPolicy } from "../../schemas/selection.ts";
import { deletionPolicyAnnotation } from "../../velero/manifests.ts";
import { storedNothing } from "../../velero/phases.ts";
import { backupToAdopt, scheduleToAdopt } from "./adopt.ts";
import { ourBackups } from "./our-backups.ts";

/** A missing object is not definite: the same `up` may create it. */
const DEFINITE = ["OwnedByAnother", "AnotherLocation", "NotComplete", "TakenOver"];

/** The Schedule or Backup can be adopted. Shows how the create changes it. */
export function canBeAdopted(inputs: ClusterBackupInputs): ClusterRule {
  const { adopt, cluster, location, owner } = inputs;
  // A lineage that is not known yet belongs to no existing object.
  const known = isUnknown(location)
    ? [location]
    : [location.owner, location.locationName, location.namespace];
  const desired: ClusterBackupOutputs = { ...inputs, incarnation: "" };
  return {
    inputs: [adopt, owner, ...known],
    async find({ client }) {
      if (adopt === undefined) return [];
      try {
        if (!isScheduled(inputs)) {
          await backupToAdopt(client, desired);
          return [];
        }
        const found = await scheduleToAdopt(client, desired);
        if (!found || found.isOurs) return [];
        const place = `Schedule ${location.namespace}/${found.object.metadata.name} in cluster "${cluster}"`;
        return [
          fact(`adopt: ${place} is taken over. ${adoptionInWords(found.foreseen)}${inControl(found.object)}`),
        ];
      } catch (error) {
        const refusals = isResolved(inputs) ? [...DEFINITE, "Differs"] : DEFINITE;
        return findingIn(error, { refusals, open: "all" });
      }
    },
  };
}

/** Returns true if Velero gets the declaration unchanged: an `up` resolves patterns and the names of kinds. */
const isResolved = ({
  includedNamespaces = [],
  excludedNamespaces = [],
  orderedResources,
}: ClusterBackupInputs): boolean =>
  orderedResources === undefined &&
  ![...includedNamespaces, ...excludedNamespaces].some((entry) => /[^a-z0-9-]/.test(entry));

/** No other owner has the objects that an `up` would create. `name` is that of the Schedule and of its policies. */
export const newNamesFree = (
  { name, namespace }: { name: string; namespace: string },
  declared: BackupDeclaration & Owned & { adopt?: string | undefined },
): ClusterRule[] => [
  ...(isScheduled(declared) && declared.adopt !== name
    ? [nameFree({ type: schedules, name, namespace }, declared)]
    : []),
  ...(hasOwnPolicy(declared) ? [nameFree({ type: configMaps, name, namespace }, declared)] : []),
];

/**
 * Shows what an `up` deletes with the tiers of a ProtectedCluster that are set to `false`. Pulumi does not ask the
 * provider about resources that are removed from the program, so one of the remaining tiers checks for them.
 */
export function droppedTiersDeleted(
  { droppedTiers = [], lineage, location }: ClusterBackupInputs,
  olds: ClusterBackupInputs,
): ClusterRule {
  const dropped = droppedTiers.filter((owner) => !olds.droppedTiers?.includes(owner));
  return {
    inputs: [dropped, lineage, location],
    async find({ client }) {
      if (dropped.length === 0) return [];
      const all = [...(await sharedList(client, schedules, location.namespace)).values()];
      const findings = dropped.map(async (owner) => {
        const tier = { owner, lineage, location };
        const schedule = all.find((each) => isOwnedBy(each, [tier]));
        if (schedule?.metadata.annotations?.[deletionPolicyAnnotation] !== "delete") return [];
        const stored = (await ourBackups(client, tier)).filter((backup) => !storedNothing(backup)).length;
        const backups = `${stored} stored ${stored === 1 ? "backup is" : "backups are"}`;
        return [
          warning(
            `tiers: "${nameOf(owner)}" is left out, and its ${backups} deleted (deletionPolicy: "delete")`,
          ),
        ];
      });
      return (await Promise.all(findings)).flat();
    },
  };
}
