import type { Input } from "@pulumi/pulumi";

/** Hooks of a restore (Velero's Restore, `spec.hooks`). */
export interface RestoreHooksArgs {
  /** The hooks. A pod gets each hook whose conditions it matches. */
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
       * Kinds of the hook. Velero ignores this field, because hooks are for pods. Any other kind is refused.
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
       * Kubernetes label selector that the pod has to match.
       *
       * @default every pod
       */
      labelSelector?: Input<object>;
      /**
       * The hooks for each matching pod.
       *
       * @default nothing
       */
      postHooks?: Input<
        Input<{
          /**
           * A command that runs in a container after the pod is restored.
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
            /** The command and its arguments. It does not run in a shell. */
            command: Input<Input<string>[]>;
            /**
             * With `Fail`, the later hooks of the pod do not run after a failure. With `Continue`, they do.
             *
             * @default Velero's, `Continue`
             */
            onError?: Input<"Continue" | "Fail">;
            /**
             * Timeout of the command. A Go duration.
             *
             * @default Velero's, `30s`
             */
            execTimeout?: Input<string>;
            /**
             * The time that Velero waits for the container before it runs the command. A Go duration.
             *
             * @default Velero's
             */
            waitTimeout?: Input<string>;
            /**
             * If true, Velero waits until the container is ready, and not only until it runs.
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
             * The time that Velero waits for them to end. A Go duration.
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
