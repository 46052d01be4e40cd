import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { restoreStateOf } from "../../velero/restore-phases.ts";
import { restoredItems, type RestoredItem } from "../../velero/restore-results.ts";
import { errorWords } from "../../velero/results.ts";
import type { Restore } from "../../velero/types.ts";
import { veleroFile } from "../velero-file.ts";
import type { RestoreCounts } from "./outputs.ts";

export interface RestoreJudgement {
  problem?: Problem;
  counts?: RestoreCounts;
  items: readonly RestoredItem[];
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
  // Without it there are no counts, and that is all.
  const list = await veleroFile("restoreItems", place, "store").catch(() => undefined);
  const items = list ? restoredItems(list) : [];
  const counts = list && countsOf(items);
  const state = restoreStateOf(restore);
  if (state === "completed" || (state === "partiallyFailed" && allowPartialFailure))
    return { items, ...(counts && { counts }) };
  const results = state === "refused" ? undefined : await veleroFile("restoreResults", place, "velero");
  const { validationErrors = [], failureReason, errors = 0, warnings = 0 } = restore.status ?? {};
  const own = [...validationErrors, ...(failureReason ? [failureReason] : [])].join("; ");
  const problem = new Problem({
    code: restore.status?.phase ?? "",
    property: state === "refused" ? "backup" : undefined,
    what: `Restore ${location.namespace}/${name} in cluster "${client.label.key}" ended ${restore.status?.phase}${own ? "" : ` (${errors} errors, ${warnings} warnings)`}`,
    said: own || (results && errorWords(results)),
    todo:
      state === "partiallyFailed"
        ? "What it could restore is there. Mend the cause and change `triggers` to restore again; or accept it with allowPartialFailure: true."
        : "Mend the cause and change `triggers` to restore again.",
  });
  return { problem, items, ...(counts && { counts }) };
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
