import type { ModifierRule } from "../../../../provider/velero/modifier-rule.ts";
import { globToRegExp } from "../../../../provider/velero/matching.ts";
import { applyMergePatch } from "../../core/merge-patch.ts";

type Fields = Record<string, unknown>;
type Patch = NonNullable<ModifierRule["patches"]>[number];

/**
 * What rules make of an object, as Velero applies them: all match the object as it comes, and each is applied to what
 * the one before has made of it (velero `internal/resourcemodifiers/resource_modifiers.go`).
 */
export function applyRules(
  rules: readonly ModifierRule[],
  groupResource: string,
  object: { metadata: { name: string; namespace?: string } } & Fields,
): Fields {
  return rules
    .filter((rule) => matches(rule, groupResource, object))
    .reduce<Fields>((changed, { patches, mergePatches = [] }) => {
      if (patches) return applyPatches(changed, patches);
      return mergePatches.reduce<Fields>(
        (merged, { patchData }) => applyMergePatch(merged, JSON.parse(patchData)) as Fields,
        changed,
      );
    }, structuredClone(object));
}

function matches(
  { conditions }: ModifierRule,
  groupResource: string,
  object: { metadata: { name: string; namespace?: string } } & Fields,
): boolean {
  const { namespaces, resourceNameRegex, matches: all = [] } = conditions;
  return (
    globToRegExp(conditions.groupResource, ".").test(groupResource) &&
    (namespaces === undefined || namespaces.includes(object.metadata.namespace ?? "")) &&
    (resourceNameRegex === undefined || new RegExp(resourceNameRegex).test(object.metadata.name)) &&
    all.every(({ path, value }) => {
      const [holder, key] = placeOf(object, path);
      return holder !== undefined && String(holder[key]) === value;
    })
  );
}

/** RFC 6902, as evanphx/json-patch applies it; a value is text that is read as Velero reads it. */
function applyPatches(object: Fields, patches: readonly Patch[]): Fields {
  const changed = structuredClone(object);
  for (const { operation, path, from, value = "" } of patches) {
    const [holder, key] = placeOf(changed, path);
    if (holder === undefined) throw new Error(`${operation}: nothing is at ${path}`);
    const [source, sourceKey] = from === undefined ? [undefined, ""] : placeOf(changed, from);
    const copied = structuredClone(source?.[sourceKey]);
    if (from !== undefined && copied === undefined) throw new Error(`${operation}: nothing is at ${from}`);
    if (operation === "replace" && holder[key] === undefined) throw new Error(`nothing is at ${path}`);
    if (operation === "move" && source !== undefined) delete source[sourceKey];
    const put = from === undefined ? valueOf(value) : copied;
    if (Array.isArray(holder) && key === "-") holder.push(put);
    else holder[key] = put;
  }
  return changed;
}

function placeOf(object: Fields, path: string): [Fields | undefined, string] {
  const parts = path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const key = parts.pop() ?? "";
  const holder = parts.reduce<unknown>((at, part) => (at as Fields | undefined)?.[part], object);
  return [holder as Fields | undefined, key];
}

/** Velero puts quotes around what is no number, boolean, null, object or list (velero `json_patch.go`). */
function valueOf(text: string): unknown {
  const isJson = /^[[{]/.test(text) || /^(null|true|false|-?\d+(\.\d+)?)$/.test(text);
  return isJson ? JSON.parse(text) : text;
}
