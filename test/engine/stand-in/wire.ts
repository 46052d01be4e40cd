import type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb.js";
import {
  COMPUTED,
  Computed,
  isMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
} from "./property-value.ts";
import { Struct } from "./protocol.ts";

export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** How an unknown travels, whatever the property's type (sdk/nodejs/runtime/rpc.ts, unknownValue). */
export const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface DecodeOptions {
  /** Collects the URNs that output values name as their dependencies. */
  dependencies?: Set<string>;
  rejectUnknowns?: boolean;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function decodeValue(value: unknown, options: DecodeOptions = {}, key = ""): PropertyValue {
  if (value === UNKNOWN_SENTINEL) {
    if (options.rejectUnknowns) throw new Error(`unexpected unknown property value for "${key}"`);
    return COMPUTED;
  }
  if (Array.isArray(value)) return value.map((element) => decodeValue(element, options, key));
  if (!isRecord(value)) {
    if (value === null || value === undefined) return null;
    if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
    throw new Error(`cannot decode a ${typeof value} for "${key}"`);
  }
  switch (value[SIGNATURE_KEY]) {
    case SECRET_SIGNATURE:
      return new Secret(decodeValue(value["value"], options, key));
    case OUTPUT_SIGNATURE: {
      if (Array.isArray(value["dependencies"])) {
        for (const urn of value["dependencies"]) options.dependencies?.add(String(urn));
      }
      const element = "value" in value ? decodeValue(value["value"], options, key) : COMPUTED;
      return value["secret"] === true ? new Secret(element) : element;
    }
    case RESOURCE_SIGNATURE: {
      const id = value["id"] === "" ? COMPUTED : decodeValue(value["id"] ?? null, options, key);
      return new ResourceReference(String(value["urn"]), id, String(value["packageVersion"] ?? ""));
    }
    default:
      return decodeMap(value, options);
  }
}

export function decodeMap(value: Record<string, unknown>, options: DecodeOptions = {}): PropertyMap {
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, decodeValue(part, options, key)]),
  );
}

export function decodeStruct(message: StructMessage | undefined, options: DecodeOptions = {}): PropertyMap {
  return message === undefined ? {} : decodeMap(message.toJavaScript(), options);
}

export interface EncodeOptions {
  keepSecrets?: boolean;
  keepUnknowns?: boolean;
  keepResources?: boolean;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An unknown that may not be sent is left out, as the engine does. */
export function encodeValue(value: PropertyValue, options: EncodeOptions): Json | undefined {
  if (value instanceof Computed) return options.keepUnknowns ? UNKNOWN_SENTINEL : undefined;
  if (value instanceof Secret) {
    const element = encodeValue(value.element, options);
    if (!options.keepSecrets || element === undefined) return element;
    return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: element };
  }
  if (value instanceof ResourceReference) {
    if (!options.keepResources) return value.id === null ? value.urn : encodeValue(value.id, options);
    const reference: Record<string, Json> = { [SIGNATURE_KEY]: RESOURCE_SIGNATURE, urn: value.urn };
    if (value.id !== null)
      reference["id"] = value.id instanceof Computed ? "" : (encodeValue(value.id, options) ?? "");
    if (value.packageVersion !== "") reference["packageVersion"] = value.packageVersion;
    return reference;
  }
  if (Array.isArray(value)) {
    return value.map((element) => encodeValue(element, options)).filter((element) => element !== undefined);
  }
  return isMap(value) ? encodeMap(value, options) : value;
}

export function encodeMap(map: PropertyMap, options: EncodeOptions): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(map)) {
    const encoded = encodeValue(value, options);
    if (encoded !== undefined) result[key] = encoded;
  }
  return result;
}

export function encodeStruct(map: PropertyMap, options: EncodeOptions): StructMessage {
  return Struct.fromJavaScript(encodeMap(map, options));
}
