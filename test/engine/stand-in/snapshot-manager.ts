import type { OperationType, PendingOperation, ResourceState, Snapshot } from "./resource-state.ts";
import type { Step } from "./step.ts";
import { makeUrn, parseProviderReference, parseUrn } from "./urn.ts";

/**
 * Builds the new snapshot while the old one is worked off: first what this deployment has settled, in that order,
 * then what is left of the old one (pkg/backend/snapshot.go).
 */
export class SnapshotManager {
  readonly #base: Snapshot;
  readonly #save: (snapshot: Snapshot) => void;
  readonly #resources: ResourceState[] = [];
  readonly #done = new Set<ResourceState>();
  #operations: PendingOperation[] = [];
  #abandoned = false;

  constructor(base: Snapshot, save: (snapshot: Snapshot) => void) {
    this.#base = base;
    this.#save = save;
  }

  begin(step: Step): void {
    const operation = pendingOperation(step);
    if (operation === undefined) return;
    this.#operations.push(operation);
    this.save();
  }

  end(step: Step, successful: boolean): void {
    this.#operations = this.#operations.filter(
      ({ resource }) => resource !== step.new && resource !== step.old,
    );
    if (successful) this.#settle(step);
    this.save();
  }

  save(): void {
    if (!this.#abandoned) this.#save(this.snapshot());
  }

  abandon(): void {
    this.#abandoned = true;
  }

  snapshot(): Snapshot {
    const settled = this.#resources.filter((state) => !this.#done.has(state));
    const left = this.#base.resources.filter((state) => !this.#done.has(state));
    const creating = this.#base.pendingOperations.filter(({ type }) => type === "creating");
    const resources = [...settled, ...left];
    return { resources: followAliases(resources), pendingOperations: [...this.#operations, ...creating] };
  }

  #settle(step: Step): void {
    const { old } = step;
    switch (step.op) {
      case "same":
      case "update":
      case "read":
      case "read-replacement":
        if (old !== undefined && step.op !== "read-replacement") this.#done.add(old);
        if (step.new !== undefined && !step.skippedCreate) this.#resources.push(step.new);
        break;
      case "create":
      case "create-replacement":
        if (step.new !== undefined) this.#resources.push(step.new);
        if (old?.pendingReplacement) this.#done.add(old);
        break;
      case "delete":
      case "delete-replaced":
      case "discard":
      case "discard-replaced":
        if (old !== undefined && !old.pendingReplacement) this.#done.add(old);
        break;
      case "remove-pending-replace":
        if (old !== undefined) this.#done.add(old);
        break;
      case "refresh":
        // A refresh without the program rewrites the base itself at its end.
        if (!step.persisted || old === undefined) break;
        this.#done.add(old);
        if (step.new !== undefined) this.#resources.push(step.new);
        break;
      case "replace":
        break;
    }
  }
}

function pendingOperation(step: Step): PendingOperation | undefined {
  const types: Partial<Record<Step["op"], OperationType>> = {
    create: "creating",
    "create-replacement": "creating",
    update: "updating",
    delete: "deleting",
    "delete-replaced": "deleting",
    read: "reading",
    "read-replacement": "reading",
  };
  const type = types[step.op];
  const resource = type === "deleting" ? step.old : step.new;
  return type === undefined || resource === undefined ? undefined : { resource, type };
}

/** References to a URN that has been aliased point to the new one (deploy/snapshot.go, NormalizeURNReferences). */
function followAliases(resources: ResourceState[]): ResourceState[] {
  const renamed = new Map<string, string>();
  for (const state of resources) {
    for (const alias of state.aliases) renamed.set(alias, state.urn);
    const parent = renamed.get(state.parent);
    if (parent === undefined) continue;
    const { stack, project, type, name } = parseUrn(state.urn);
    renamed.set(state.urn, makeUrn(stack, project, parent, type, name));
  }
  if (renamed.size === 0) return resources;
  const follow = (urn: string): string => renamed.get(urn) ?? urn;
  const followProvider = (reference: string): string => {
    if (reference === "") return "";
    const { urn, id } = parseProviderReference(reference);
    return `${follow(urn)}::${id}`;
  };
  return resources.map((state) => ({
    ...state,
    urn: follow(state.urn),
    parent: follow(state.parent),
    dependencies: state.dependencies.map(follow),
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.map(follow)]),
    ),
    provider: followProvider(state.provider),
    deletedWith: follow(state.deletedWith),
    replaceWith: state.replaceWith.map(follow),
    aliases: [],
  }));
}
