/** What `pulumi stack export` prints: the part of it that tests look at. */
export interface StackState {
  version: number;
  deployment: Deployment;
}

export interface Deployment {
  manifest: { time: string; magic: string; version: string };
  secrets_providers?: { type: string; state?: unknown };
  resources?: DeploymentResource[];
  pending_operations?: { resource: DeploymentResource; type: string }[];
  metadata?: unknown;
}

export interface DeploymentResource {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  /** A secret stands there as `{ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext }`. */
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  parent?: string;
  protect?: boolean;
  external?: boolean;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
  initErrors?: string[];
  provider?: string;
  /** Marked for deletion: its replacement exists. */
  delete?: boolean;
  /** Deleted, and to be created anew. */
  pendingReplacement?: boolean;
  additionalSecretOutputs?: string[];
  aliases?: string[];
  importID?: string;
  retainOnDelete?: boolean;
  deletedWith?: string;
  replaceWith?: string[];
  created?: string;
  modified?: string;
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
}
