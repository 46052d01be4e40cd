import type { PropertyMap } from "./property-value.ts";

/** What a program asks for when it registers a resource. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  properties: PropertyMap;
  parent: string;
  protect: boolean | undefined;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  provider: string;
  /** Undefined: the provider's diff decides. */
  deleteBeforeReplace: boolean | undefined;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
  aliases: Alias[];
  retainOnDelete: boolean | undefined;
  deletedWith: string;
  replaceWith: string[];
  importId: string;
}

/** A former name: a whole URN, or what of it was different. Fields that are empty are as they are now. */
export type Alias = { urn: string } | AliasSpec;

export interface AliasSpec {
  name: string;
  type: string;
  stack: string;
  project: string;
  parent: string;
  noParent: boolean;
}

export interface ReadGoal {
  type: string;
  name: string;
  id: string;
  properties: PropertyMap;
  parent: string;
  dependencies: string[];
  provider: string;
  additionalSecretOutputs: string[];
}
