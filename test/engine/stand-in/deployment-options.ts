import type { Provider } from "./provider.ts";
import type { ResourceState, Snapshot } from "./resource-state.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { Targets } from "./targets.ts";

export interface DeploymentOptions {
  project: string;
  stack: string;
  snapshot: Snapshot;
  preview: boolean;
  /** Read every resource first. */
  refresh: boolean;
  /** Only that. */
  refreshOnly: boolean;
  /** Refresh with the program instead of the state alone. */
  refreshProgram: boolean;
  destroying: boolean;
  targets: Targets;
  replaceTargets: string[];
  parallel: number;
  recorder: RunRecorder;
  providerFor(state: ResourceState): Provider;
  save(snapshot: Snapshot): void;
}
