import type { ProcessSpec } from "../supervisor/protocol.ts";

/** Where servers run: on this machine, or in the namespaces of a node. */
export interface Place {
  /** At which this machine reaches them. */
  address: string;
  /** Only a node's is given to a single cluster. */
  cluster?: string;
  within: (spec: ProcessSpec) => ProcessSpec;
}

export const thisMachine: Place = { address: "127.0.0.1", within: (spec) => spec };
