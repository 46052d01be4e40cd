import { canonical } from "../core/values.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/** The effects of an adoption on the spec of an object. Each entry names a field and its value. */
export interface ForeseenAdoption {
  changes: readonly string[];
  kept: readonly string[];
}

export const adoptionInWords = ({ changes, kept }: ForeseenAdoption): string =>
  [
    changes.length > 0 ? `What changes: ${changes.join("; ")}.` : "Nothing of its spec changes.",
    ...(kept.length > 0
      ? [`What stays, since nothing that is declared says otherwise: ${kept.join("; ")}.`]
      : []),
  ].join(" ");

const LONGEST_VALUE = 200;

/** Formats a value of an object. A long value is cut. */
export function valueInWords(value: unknown): string {
  const text = canonical(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** Describes a field whose value the adoption changes. */
export const becomes = (field: string, before: unknown, after: unknown): string =>
  before === undefined
    ? `${field}: ${valueInWords(after)} is new`
    : `${field}: ${valueInWords(before)} becomes ${valueInWords(after)}`;

/** Describes a field that the adoption removes. `remedy` is the declaration that keeps it. */
export const goes = (field: string, value: unknown, remedy: string): string =>
  `${field}: ${valueInWords(value)} goes (to keep it, declare ${remedy})`;

/** Warns about the controller of an object, if it has one: the controller resets its objects. */
export function inControl({ metadata, kind }: KubernetesObject): string {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (!controller) return "";
  return (
    ` ${controller.kind} ${controller.name} controls this ${kind ?? "object"}, and may change it back or remove it: ` +
    "take it out there, so that the object stays, or both change it in turn."
  );
}

/** Describes the adoption of a location, for the preview and the `up`. */
export const adoptionNotice = (
  live: BackupStorageLocation,
  foreseen: ForeseenAdoption,
  cluster: string,
): string =>
  `BackupStorageLocation ${live.metadata.namespace}/${live.metadata.name} in cluster "${cluster}" is taken over. ` +
  adoptionInWords(foreseen) +
  inControl(live);
