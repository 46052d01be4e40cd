import type { Input } from "@pulumi/pulumi";

/** Credentials for every kind of store that exist in the cluster already. */
export type InClusterCredentialsArgs =
  | {
      /**
       * The identity of Velero's node or pod. No Secret is created or named. The program accesses the store with its
       * own credentials: see {@link BackupLocationArgs.access}.
       */
      ambient: Record<string, never>;
    }
  | {
      /**
       * A Secret in Velero's namespace of every cluster that holds a complete credential file, as Velero's plugin for
       * the store documents it. You create, rotate and remove it. The program does not use it: see
       * {@link BackupLocationArgs.access}.
       */
      existingSecret: {
        /** Name of the Secret. */
        name: Input<string>;
        /** Key of the Secret that holds the file. */
        key: Input<string>;
      };
    };
