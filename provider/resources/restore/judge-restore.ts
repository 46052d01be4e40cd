import { Problem, wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import { restoredItems, type RestoredItem } from "../../velero/restore-results.ts";
import { errorWords } from "../../velero/results.ts";
import type { Restore } from "../../velero/types.ts";
import { veleroFile } from "../velero-file.ts";
import type { RestoreCounts } from "./outputs.ts";

export interface RestoreJudgement {
  problem?: Problem;
  counts?: RestoreCounts;
  /** None where nobody has the list of them. */
  items: readonly RestoredItem[];
  /** Why that list could not be read, though it may well be there. */
  unread?: string;
}

/** Whether a finished restore is what was asked for, and what it did with each object, from its own files. */
export async function judgeRestore(
  restore: Restore,
  {
    client,
    store,
    location,
    storePrefix,
    allowPartialFailure,
  }: {
    client: KubernetesClient;
    store: ObjectStore | undefined;
    location: { namespace: string; locationName: string };
    storePrefix: string;
    allowPartialFailure: boolean;
  },
): Promise<RestoreJudgement> {
  const { name } = restore.metadata;
  const place = { client, ...location, storePrefix, name, store };
  // Without it there are no counts; only a drill cannot do without.
  const list = await veleroFile("restoreItems", place, "store").catch((error: unknown) => wordsOf(error));
  const items = list instanceof Buffer ? restoredItems(list) : [];
  const counts = list instanceof Buffer ? countsOf(items) : undefined;
  const done = { items, ...(counts && { counts }), ...(typeof list === "string" && { unread: list }) };
  const state = restoreStateOf(restore);
  if (state === "completed" || (state === "partiallyFailed" && allowPartialFailure)) return done;
  const results = state === "refused" ? undefined : await veleroFile("restoreResults", place, "velero");
  const { validationErrors = [], failureReason, errors = 0, warnings = 0 } = restore.status ?? {};
  const own = [...validationErrors, ...(failureReason ? [failureReason] : [])].join("; ");
  const said = own || (results && errorWords(results));
  const problem = new Problem({
    code: restore.status?.phase ?? "",
    property: state === "refused" ? "backup" : undefined,
    what: `Restore ${location.namespace}/${name} in cluster "${client.label.key}" ended ${restore.status?.phase}${own ? "" : ` (${errors} errors, ${warnings} warnings)`}`,
    said,
    todo: adviceOn(restore, { said, counts }),
  });
  return { problem, ...done };
}

/** What Velero says of a tarball that it cannot unpack, and nothing else: Go's own words. */
const UNREADABLE = /^Velero: (unexpected EOF|EOF|archive\/tar: .*|gzip: .*|flate: .*)$/;

function adviceOn(
  restore: Restore,
  { said = "", counts }: { said: string | undefined; counts: RestoreCounts | undefined },
): string {
  const backup = `Backup ${restore.spec.backupName}`;
  if (UNREADABLE.test(said))
    return `The tarball of ${backup} cannot be read: it was changed or damaged since Velero stored it, and nothing was restored. Restore another backup.`;
  const again = "Mend the cause and change `triggers` to restore again";
  if (restoreStateOf(restore) !== "partiallyFailed") return `${again}.`;
  const isNothing = counts !== undefined && counts.created + counts.updated === 0;
  const done = isNothing ? `Nothing of ${backup} was restored` : "What it could restore is there";
  return `${done}. ${again}; or accept it with allowPartialFailure: true.`;
}

function countsOf(items: readonly RestoredItem[]): RestoreCounts {
  const count = (action: string) => items.filter((item) => item.action === action).length;
  return {
    created: count("created"),
    updated: count("updated"),
    skipped: count("skipped"),
    failed: count("failed"),
  };
}
