import type { Input } from "@pulumi/pulumi";

/** For every store: what a cluster has already. */
export type InClusterCredentialsArgs =
  | {
      /**
       * What Velero's node or pod has: no Secret is made, and none named. The program comes to the store with what it
       * has itself: see {@link BackupLocationArgs.access}.
       */
      ambient: Record<string, never>;
    }
  | {
      /**
       * A Secret in Velero's namespace of every cluster that holds a whole credential file, as Velero's plugin for the
       * store documents it. You make, rotate and remove it; the program does not use it: see {@link BackupLocationArgs.access}.
       */
      existingSecret: {
        /** Name of the Secret. */
        name: Input<string>;
        /** Which of the Secret's keys holds the file. */
        key: Input<string>;
      };
    };
