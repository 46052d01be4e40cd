import type { BackupStorageLocation } from "../../velero/types.ts";
import { adoptionInWords, type ForeseenAdoption } from "../adoption-in-words.ts";
import { inControl } from "../in-control.ts";

/** What becomes of a location that is taken over, in the preview's words and in the `up`'s. */
export const adoptionNotice = (
  live: BackupStorageLocation,
  foreseen: ForeseenAdoption,
  cluster: string,
): string =>
  `BackupStorageLocation ${live.metadata.namespace}/${live.metadata.name} in cluster "${cluster}" is taken over. ` +
  adoptionInWords(foreseen) +
  inControl(live);
