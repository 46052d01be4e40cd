import type { SavingMethod } from "../../velero/volume-info.ts";

export const methodInWords: Readonly<Record<SavingMethod, string>> = {
  fileCopy: "file copy",
  snapshot: "snapshot",
  moveData: "moved snapshot",
  cloudSnapshot: "snapshot by a plugin",
};
