/** A property value as the engine holds it: secrets, unknowns and resource references are classes of their own. */
export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | Computed
  | Secret
  | ResourceReference
  | PropertyValue[]
  | PropertyMap;

export interface PropertyMap {
  [key: string]: PropertyValue;
}

/** A value that is not known yet. */
export class Computed {
  readonly kind = "computed";
}

export const COMPUTED = new Computed();

export class Secret {
  readonly element: PropertyValue;

  constructor(element: PropertyValue) {
    this.element = element;
  }
}

export class ResourceReference {
  readonly urn: string;
  readonly id: PropertyValue;
  readonly packageVersion: string;

  constructor(urn: string, id: PropertyValue, packageVersion: string) {
    this.urn = urn;
    this.id = id;
    this.packageVersion = packageVersion;
  }
}

export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Computed) &&
    !(value instanceof Secret) &&
    !(value instanceof ResourceReference)
  );
}

export function mapValues(map: PropertyMap, transform: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, transform(value)]));
}

export function copyMap(map: PropertyMap): PropertyMap {
  const copy = (value: PropertyValue): PropertyValue => {
    if (Array.isArray(value)) return value.map(copy);
    if (value instanceof Secret) return new Secret(copy(value.element));
    return isMap(value) ? mapValues(value, copy) : value;
  };
  return mapValues(map, copy);
}

export function unwrapSecrets(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return unwrapSecrets(value.element);
  if (Array.isArray(value)) return value.map(unwrapSecrets);
  return isMap(value) ? mapValues(value, unwrapSecrets) : value;
}

function contains(value: PropertyValue, found: (value: PropertyValue) => boolean): boolean {
  if (found(value)) return true;
  if (value instanceof Secret) return contains(value.element, found);
  if (value instanceof ResourceReference) return contains(value.id, found);
  if (Array.isArray(value)) return value.some((element) => contains(element, found));
  return isMap(value) && Object.values(value).some((element) => contains(element, found));
}

export function containsSecrets(value: PropertyValue): boolean {
  return contains(value, (part) => part instanceof Secret);
}

export function containsUnknowns(value: PropertyValue): boolean {
  return contains(value, (part) => part instanceof Computed);
}

export function deepEquals(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => deepEquals(element, b[i]));
  }
  if (a instanceof Computed) return b instanceof Computed;
  if (a instanceof Secret) return b instanceof Secret && deepEquals(a.element, b.element);
  if (a instanceof ResourceReference) {
    return b instanceof ResourceReference && a.urn === b.urn && deepEquals(a.id, b.id);
  }
  if (isMap(a)) {
    if (!isMap(b)) return false;
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => key in b && deepEquals(a[key], b[key]))
    );
  }
  return a === b;
}

/**
 * Gives secretness back to what a provider that takes no secrets returned: by key, recursing into objects;
 * an array with any secret in it becomes wholly secret (provider_plugin.go, annotateSecrets).
 */
export function annotateSecrets(outs: PropertyMap, ins: PropertyMap): PropertyMap {
  const result = { ...outs };
  for (const [key, input] of Object.entries(ins)) {
    const out = result[key];
    if (out === undefined) continue;
    if (isMap(out) && isMap(input)) result[key] = annotateSecrets(out, input);
    else if (!(out instanceof Secret) && containsSecrets(input)) result[key] = new Secret(out);
  }
  return result;
}
