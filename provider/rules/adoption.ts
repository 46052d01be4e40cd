import { canonical } from "../core/values.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/** What becomes of the spec of an object that is taken over. Each entry names a field and its value. */
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

const LONGEST = 200;

/** A value as it stands in an object, cut where it is long. */
export function valueInWords(value: unknown): string {
  const text = canonical(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A field that the program says otherwise than the object. */
export const becomes = (field: string, before: unknown, after: unknown): string =>
  before === undefined
    ? `${field}: ${valueInWords(after)} is new`
    : `${field}: ${valueInWords(before)} becomes ${valueInWords(after)}`;

/** A field that the program leaves out. `remedy` is what the program has to say to keep it. */
export const goes = (field: string, value: unknown, remedy: string): string =>
  `${field}: ${valueInWords(value)} goes (to keep it, declare ${remedy})`;

/** A sentence on the controller that an object is of, if it is of one: it sets its objects back to its own will. */
export function inControl({ metadata, kind }: KubernetesObject): string {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (!controller) return "";
  return (
    ` ${controller.kind} ${controller.name} controls this ${kind ?? "object"}, and may change it back or remove it: ` +
    "take it out there, so that the object stays, or both change it in turn."
  );
}

/** What becomes of a location that is taken over, in the preview's words and in the `up`'s. */
export const adoptionNotice = (
  live: BackupStorageLocation,
  foreseen: ForeseenAdoption,
  cluster: string,
): string =>
  `BackupStorageLocation ${live.metadata.namespace}/${live.metadata.name} in cluster "${cluster}" is taken over. ` +
  adoptionInWords(foreseen) +
  inControl(live);
