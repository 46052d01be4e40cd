import type { RestoreOptions } from "../../../provider/resources/restore/options.ts";

type Content = Record<string, unknown>;

/** An object in the backup and in the target. */
export interface Row {
  of: string;
  kind: string;
  before: Content;
  after: Content;
  options?: RestoreOptions;
}

export const claim = {
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage: "1Gi" } },
  storageClassName: "fast",
  volumeMode: "Filesystem",
};
export const pod = { containers: [{ name: "app", image: "app:1" }] };
export const template = (spec: object) => ({ spec: { template: { spec } } });
