import { parseGzipped } from "./parse-gzipped.ts";

/** What a plugin went on with after Velero had stored the item (velero 1.18 `pkg/itemoperation/backup_operation.go`). */
export interface ItemOperation {
  spec: {
    /** Without tags in Velero's source, hence the capitals. */
    resourceIdentifier: { Group?: string; Resource?: string; Namespace?: string; Name?: string };
  };
  status?: { phase?: string; error?: string };
}

/** The operations that Velero has stored with a backup. */
export const itemOperationsIn = (file: Buffer): ItemOperation[] =>
  parseGzipped<ItemOperation[] | null>(file) ?? [];
