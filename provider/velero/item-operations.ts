import { parseGzipped } from "./parse-gzipped.ts";

/** The work that a plugin goes on with after Velero has stored an item (velero 1.18 `pkg/itemoperation/backup_operation.go`). */
export interface ItemOperation {
  spec: {
    /** Velero's source has no tags for these fields, hence the capitals. */
    resourceIdentifier: { Group?: string; Resource?: string; Namespace?: string; Name?: string };
  };
  status?: { phase?: string; error?: string };
}

/** The operations that Velero has stored with a backup. */
export const itemOperationsIn = (file: Buffer): ItemOperation[] =>
  parseGzipped<ItemOperation[] | null>(file) ?? [];
