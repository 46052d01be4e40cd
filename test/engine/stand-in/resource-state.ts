import type { PropertyMap } from "./property-value.ts";

/** One resource of a snapshot. Steps mutate it, and the snapshot refers to it by identity, as in the engine. */
export interface ResourceState {
  urn: string;
  type: string;
  custom: boolean;
  /** Marked for deletion: its replacement exists. */
  delete: boolean;
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
  parent: string;
  protect: boolean;
  retainOnDelete: boolean;
  /** Read, not owned. */
  external: boolean;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  initErrors: string[];
  /** URN and id of the provider resource, joined by `::`. */
  provider: string;
  /** Deleted, and to be created anew. */
  pendingReplacement: boolean;
  additionalSecretOutputs: string[];
  aliases: string[];
  deletedWith: string;
  replaceWith: string[];
  ignoreChanges: string[];
  replaceOnChanges: string[];
  importId: string;
  created: string | undefined;
  modified: string | undefined;
}

export type OperationType = "creating" | "updating" | "deleting" | "reading";

export interface PendingOperation {
  resource: ResourceState;
  type: OperationType;
}

export interface Snapshot {
  resources: ResourceState[];
  pendingOperations: PendingOperation[];
}

export function newResourceState(urn: string, type: string): ResourceState {
  return {
    urn,
    type,
    custom: false,
    delete: false,
    id: "",
    inputs: {},
    outputs: {},
    parent: "",
    protect: false,
    retainOnDelete: false,
    external: false,
    dependencies: [],
    propertyDependencies: {},
    initErrors: [],
    provider: "",
    pendingReplacement: false,
    additionalSecretOutputs: [],
    aliases: [],
    deletedWith: "",
    replaceWith: [],
    ignoreChanges: [],
    replaceOnChanges: [],
    importId: "",
    created: undefined,
    modified: undefined,
  };
}

/** Every URN that a resource needs: parent, dependencies, those of its properties, what it is deleted or replaced with. */
export function allDependencies(state: ResourceState): string[] {
  const urns = [
    state.parent,
    ...state.dependencies,
    ...Object.values(state.propertyDependencies).flat(),
    state.deletedWith,
    ...state.replaceWith,
  ];
  return [...new Set(urns.filter((urn) => urn !== ""))];
}

/** A URN that two resources have although neither is marked for deletion: the engine refuses such a state. */
export function duplicateUrn({ resources }: Snapshot): string | undefined {
  const urns = new Set<string>();
  for (const { urn, delete: isMarked } of resources) {
    if (isMarked) continue;
    if (urns.has(urn)) return urn;
    urns.add(urn);
  }
  return undefined;
}
