import { Problem, wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { dataMissing, unproven } from "./data-missing.ts";
import { examine, type Examination } from "./examine.ts";
import type { ClaimVerdict } from "./judge-data.ts";
import { isDrill, provesData, verifies } from "./options.ts";
import type { RestorePart } from "./outputs.ts";
import type { Part } from "./part.ts";
import type { Place } from "./place-of.ts";
import { proveData } from "./prove-data.ts";
import { isInSight, requireSight, sightProblem } from "./require-sight.ts";
import { verify } from "./verify.ts";

/** A restore that has ended; its Restore object may be gone. */
export interface Restored {
  name: string;
  namespace: string;
  backupName: string;
}

/** The findings of a look at a restore. */
export type Found = Pick<RestorePart, "verified" | "volumesProven" | "volumesUnproven">;

/**
 * Compares what was restored with the backup, where that is asked for; in a drill also whether the data of claims came
 * back. Tells all that is wrong at once, and what it has found even then.
 */
export async function proveRestored(
  client: KubernetesClient,
  part: Part,
  restored: Restored,
  {
    place,
    report,
    ...wait
  }: { place: Place; deadline: Deadline; progress: Progress; report: (found: Found) => void },
): Promise<Found> {
  if (!verifies(part.whole)) return {};
  const restore = `Restore ${restored.namespace}/${restored.name} in cluster "${client.label.key}"`;
  const examined = await lookAt(client, part, restored, { place, restore, compares: true });
  const { items, target, savedVolumes } = examined;
  const words = { place: `${restore} has restored`, undone: "The next up compares again." };
  requireSight(target, part.whole, words);
  const unseen = sightProblem(items, target, part.whole, words);
  const seen = unseen ? items.filter((item) => isInSight(item, target)) : items;
  const failures: unknown[] = unseen ? [unseen] : [];
  let found: Found = {};
  try {
    found = { verified: verify(seen, target, part.whole, { place: restore, savedVolumes }) };
  } catch (error) {
    failures.push(error);
  }
  if (isDrill(part.whole)) {
    // A restore that is wrong already need not be waited for.
    const isToWait = provesData(part.whole) && failures.length === 0;
    const verdicts = await proveData(client, restored, claimsOf(examined), isToWait ? wait : undefined);
    found = { ...found, ...dataFound(verdicts) };
    report(dataFound(verdicts));
    const missing = provesData(part.whole) && dataMissing(verdicts, inRestore(restore, restored));
    if (missing) failures.push(missing);
  }
  if (failures.length > 1) throw new Error(failures.map(wordsOf).join("\n"));
  if (failures.length > 0) throw failures[0];
  return found;
}

/** Judges the data of claims in a drill that failed, as far as it can be known at once. */
export async function dataAtOnce(
  client: KubernetesClient,
  part: Part,
  restored: Restored,
  place: Place,
): Promise<Found> {
  if (!isDrill(part.whole)) return {};
  try {
    const examined = await lookAt(client, part, restored, { place, restore: restored.name, compares: false });
    return dataFound(await proveData(client, restored, claimsOf(examined), undefined));
  } catch {
    // It is told why the drill failed, and that is not this.
    return {};
  }
}

async function lookAt(
  client: KubernetesClient,
  { whole }: Part,
  { backupName }: Restored,
  {
    place: { location, store, storePrefix },
    restore,
    compares,
  }: { place: Place; restore: string; compares: boolean },
): Promise<Examination> {
  if (!store) {
    throw new Problem({
      code: "NoWayToStore",
      property: isDrill(whole) ? "drill" : "verify",
      what:
        `what ${restore} has restored cannot be compared with Backup ${backupName}: this program has no way to its store, ` +
        `or BackupStorageLocation ${location.namespace}/${location.locationName} is gone`,
      todo: "The next up compares again.",
    });
  }
  const veleroNamespace = location.namespace;
  return examine(client, { store, storePrefix, backupName, veleroNamespace }, whole, { compares });
}

const claimsOf = ({ volumes }: Examination) => volumes?.claims ?? [];

const dataFound = (verdicts: readonly ClaimVerdict[]): Found => ({
  volumesProven: verdicts.filter(({ cameBack }) => cameBack).length,
  volumesUnproven: unproven(verdicts),
});

const inRestore = (restore: string, { backupName }: Restored) => ({
  place: `that Backup ${backupName} holds did not come back in ${restore}`,
  todo: "What there is stays to be looked at until the next drill. The next up looks again.",
});
