import type { Input } from "@pulumi/pulumi";

/** Hooks of a restore (Velero's Restore, `spec.hooks`). */
export interface RestoreHooksArgs {
  /** The hooks. A pod gets each whose conditions it meets. */
  resources: Input<
    Input<{
      /** Name of the hook, for Velero's log. */
      name: Input<string>;
      /**
       * Namespaces of the backup whose pods get the hook.
       *
       * @default all namespaces that are restored
       */
      includedNamespaces?: Input<Input<string>[]>;
      /**
       * Namespaces of the backup whose pods do not get the hook.
       *
       * @default none
       */
      excludedNamespaces?: Input<Input<string>[]>;
      /**
       * Velero reads no kinds here: its hooks are for pods. Any other kind is refused.
       *
       * @default pods
       */
      includedResources?: Input<Input<string>[]>;
      /**
       * Kinds that do not get the hook.
       *
       * @default none
       */
      excludedResources?: Input<Input<string>[]>;
      /**
       * Label selector of Kubernetes that the pod has to match.
       *
       * @default every pod
       */
      labelSelector?: Input<object>;
      /**
       * What is done in each such pod.
       *
       * @default nothing
       */
      postHooks?: Input<
        Input<{
          /**
           * A command that runs in a container once the pod is restored.
           *
           * @default none
           */
          exec?: Input<{
            /**
             * Name of the container.
             *
             * @default the pod's first container
             */
            container?: Input<string>;
            /** The command and its arguments. No shell is put in front. */
            command: Input<Input<string>[]>;
            /**
             * `Fail`: after a failure the later hooks of the pod do not run. `Continue`: they do.
             *
             * @default Velero's, `Continue`
             */
            onError?: Input<"Continue" | "Fail">;
            /**
             * How long the command may run. A Go duration.
             *
             * @default Velero's, `30s`
             */
            execTimeout?: Input<string>;
            /**
             * How long Velero waits for the container before it runs the command. A Go duration.
             *
             * @default Velero's
             */
            waitTimeout?: Input<string>;
            /**
             * Velero waits until the container is ready, and not only until it runs.
             *
             * @default false
             */
            waitForReady?: Input<boolean>;
          }>;
          /**
           * Init containers that are added to the pod.
           *
           * @default none
           */
          init?: Input<{
            /**
             * The containers, as in a pod's `spec.initContainers`.
             *
             * @default none
             */
            initContainers?: Input<object[]>;
            /**
             * How long Velero waits for them to end. A Go duration.
             *
             * @default Velero's
             */
            timeout?: Input<string>;
          }>;
        }>[]
      >;
    }>[]
  >;
}
