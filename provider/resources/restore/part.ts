import type { BackupWish } from "./choose-backup.ts";
import type { Identity, Owned, Owner } from "../../lifecycle/identity.ts";
import type { StoreDeclaration } from "../../storage/ways.ts";
import { formerOwnersIn, type RestoreTarget } from "./inputs.ts";
import type { RestoreOutputs, RestorePart } from "./outputs.ts";

/** One cluster's part of a restore: all that it takes to do it. */
export interface Part extends Identity, Owned {
  /** Key of the cluster that was backed up. */
  source: string;
  target: RestoreTarget;
  /** What a Restore's name begins with. */
  objectName: string;
  whole: RestoreOutputs;
  known: RestorePart;
}

export function partOf(whole: RestoreOutputs, source: string): Part {
  const target = whole.targets[source];
  if (!target) throw new Error(`no target for ${source}`);
  return {
    owner: whole.owner,
    lineage: whole.lineage,
    incarnation: whole.incarnation,
    formerOwners: whole.formerOwners,
    adoptLineage: whole.adoptLineage,
    source,
    target,
    objectName: whole.objectNames[source] ?? "",
    whole,
    known: whole.byCluster[source] ?? { health: "Healthy" },
  };
}

/** Where the source's backups lie: the location's store, or one of its own, to which no `access` of the other one leads. */
export function sourceStore({
  whole: { storage, access },
  target: { source },
}: Part): Partial<StoreDeclaration> {
  if (source.storage === undefined) return { storage, access };
  return { storage: source.storage, access: access === "none" ? access : undefined };
}

/** The location by which the target sees the source's backups. */
export const seenBy = ({ target: { location, sees = "" } }: Part) => ({ ...location, locationName: sees });

/** Once a backup was chosen no other is wished for. */
export function wishOf({ whole, known, target }: Part): BackupWish {
  const { source, allowPartialFailure } = whole;
  if (known.backupName !== undefined) return { backupName: known.backupName, allowPartialFailure };
  const { owner, scheduled, backupName, schedule, workspace, before } = source;
  if (owner !== undefined && scheduled !== true && target.source.latest !== undefined) {
    return { backupName: target.source.latest, allowPartialFailure };
  }
  const owners = owner === undefined ? undefined : sourceOwners(owner, whole);
  return { owners, backupName, schedule, workspace, before, allowPartialFailure };
}

/** The resource that made the backups hangs on the same location as the restore, and so has its lineage. */
const sourceOwners = (owner: string, { source, lineage, adoptLineage }: RestoreOutputs): Owner[] => [
  { owner, lineage },
  ...formerOwnersIn(source, lineage),
  ...(adoptLineage === undefined ? [] : [{ owner, lineage: adoptLineage }]),
];
