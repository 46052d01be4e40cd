import type { Deployment, DeploymentResource, StackState } from "../stack-state.ts";
import {
  COMPUTED,
  isMap,
  mapValues,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "./property-value.ts";
import { newResourceState, type OperationType, type ResourceState, type Snapshot } from "./resource-state.ts";
import type { SecretCipher } from "./secret-cipher.ts";
import { decodeMap, encodeMap, encodeValue, SECRET_SIGNATURE, SIGNATURE_KEY } from "./wire.ts";

const KEEP = { keepUnknowns: true, keepResources: true };

/** The form of `pulumi stack export`: every secret becomes a ciphertext of its JSON text. */
export function writeCheckpoint(snapshot: Snapshot, cipher: SecretCipher): StackState {
  const deployment: Deployment = {
    manifest: { time: new Date().toISOString(), magic: "", version: "stand-in" },
    secrets_providers: { type: "stand-in" },
    resources: snapshot.resources.map((state) => writeResource(state, cipher)),
    metadata: {},
  };
  if (snapshot.pendingOperations.length > 0) {
    deployment.pending_operations = snapshot.pendingOperations.map(({ resource, type }) => ({
      resource: writeResource(resource, cipher),
      type,
    }));
  }
  return { version: 3, deployment };
}

export function readCheckpoint(state: StackState, cipher: SecretCipher): Snapshot {
  return {
    resources: (state.deployment.resources ?? []).map((resource) => readResource(resource, cipher)),
    pendingOperations: (state.deployment.pending_operations ?? []).map(({ resource, type }) => ({
      resource: readResource(resource, cipher),
      type: type as OperationType,
    })),
  };
}

function seal(value: PropertyValue, cipher: SecretCipher): PropertyValue {
  if (value instanceof Secret) {
    const plaintext = JSON.stringify(encodeValue(value.element, KEEP) ?? null);
    return { [SIGNATURE_KEY]: SECRET_SIGNATURE, ciphertext: cipher.encrypt(plaintext) };
  }
  if (Array.isArray(value)) return value.map((element) => seal(element, cipher));
  return isMap(value) ? mapValues(value, (element) => seal(element, cipher)) : value;
}

function unseal(value: unknown, cipher: SecretCipher): unknown {
  if (Array.isArray(value)) return value.map((element) => unseal(element, cipher));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[SIGNATURE_KEY] === SECRET_SIGNATURE) {
    const plaintext = record["plaintext"] ?? cipher.decrypt(String(record["ciphertext"]));
    return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: JSON.parse(String(plaintext)) as unknown };
  }
  return Object.fromEntries(Object.entries(record).map(([key, part]) => [key, unseal(part, cipher)]));
}

function writeMap(map: PropertyMap, cipher: SecretCipher): Record<string, unknown> {
  return encodeMap(
    mapValues(map, (value) => seal(value, cipher)),
    KEEP,
  );
}

function readMap(map: Record<string, unknown> | undefined, cipher: SecretCipher): PropertyMap {
  return decodeMap(unseal(map ?? {}, cipher) as Record<string, unknown>);
}

type Falsy = "" | false | 0 | null | undefined;

/** Fields that hold nothing are left out, as Go's `omitempty` does. */
function compact<T extends object>(fields: T): T {
  const empty = (value: unknown): boolean =>
    !(value as Falsy) || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !empty(value))) as T;
}

function writeResource(state: ResourceState, cipher: SecretCipher): DeploymentResource {
  return {
    urn: state.urn,
    custom: state.custom,
    type: state.type,
    ...compact({
      delete: state.delete,
      id: state.id,
      inputs: writeMap(state.inputs, cipher),
      outputs: writeMap(state.outputs, cipher),
      parent: state.parent,
      protect: state.protect,
      external: state.external,
      dependencies: state.dependencies,
      initErrors: state.initErrors,
      provider: state.provider,
      propertyDependencies: state.propertyDependencies,
      pendingReplacement: state.pendingReplacement,
      additionalSecretOutputs: state.additionalSecretOutputs,
      aliases: state.aliases,
      importID: state.importId,
      retainOnDelete: state.retainOnDelete,
      deletedWith: state.deletedWith,
      replaceWith: state.replaceWith,
      created: state.created,
      modified: state.modified,
      ignoreChanges: state.ignoreChanges,
      replaceOnChanges: state.replaceOnChanges,
    }),
  };
}

function readResource(resource: DeploymentResource, cipher: SecretCipher): ResourceState {
  return {
    ...newResourceState(resource.urn, resource.type),
    custom: resource.custom,
    delete: resource.delete ?? false,
    id: resource.id ?? "",
    inputs: readMap(resource.inputs, cipher),
    outputs: readMap(resource.outputs, cipher),
    parent: resource.parent ?? "",
    protect: resource.protect ?? false,
    external: resource.external ?? false,
    dependencies: resource.dependencies ?? [],
    initErrors: resource.initErrors ?? [],
    provider: resource.provider ?? "",
    propertyDependencies: resource.propertyDependencies ?? {},
    pendingReplacement: resource.pendingReplacement ?? false,
    additionalSecretOutputs: resource.additionalSecretOutputs ?? [],
    importId: resource.importID ?? "",
    retainOnDelete: resource.retainOnDelete ?? false,
    deletedWith: resource.deletedWith ?? "",
    replaceWith: resource.replaceWith ?? [],
    created: resource.created,
    modified: resource.modified,
    ignoreChanges: resource.ignoreChanges ?? [],
    replaceOnChanges: resource.replaceOnChanges ?? [],
  };
}

/** What a person sees of a value: secrets hidden, unknowns named. */
export function redact(value: PropertyValue): unknown {
  if (value instanceof Secret) return "[secret]";
  if (Array.isArray(value)) return value.map(redact);
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redact(part)]));
  return encodeValue(value === COMPUTED ? COMPUTED : value, KEEP);
}
