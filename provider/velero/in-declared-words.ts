import { readsAlike, type WrittenSpec } from "./reads-alike.ts";
import type { Schedule } from "./types.ts";

/**
 * The live Schedule with all that Velero reads as what is declared said in the declared words. A comparison with the
 * declared one then finds what differs in effect, and a patch leaves the rest of the live object as it is written.
 */
export function inDeclaredWords(live: Schedule, declared: Schedule): Schedule {
  const [theirs, ours] = [live.spec.template, declared.spec.template] as [WrittenSpec, WrittenSpec];
  const template: Record<string, unknown> = { ...theirs };
  for (const field of fieldsOf(theirs, ours)) {
    if (!readsAlike(field, theirs, ours)) continue;
    if (ours[field] === undefined) delete template[field];
    else template[field] = ours[field];
  }
  const { useOwnerReferencesInBackup: owns, ...spec } = live.spec as Schedule["spec"] & WrittenSpec;
  const declaredOwns = (declared.spec as Schedule["spec"] & WrittenSpec)["useOwnerReferencesInBackup"];
  // Velero sets an owner only where it is true (v1.18.3, pkg/builder/backup_builder.go).
  const inOurWords = (owns === true) === (declaredOwns === true) ? declaredOwns : owns;
  return {
    ...live,
    spec: {
      ...spec,
      ...(inOurWords !== undefined && { useOwnerReferencesInBackup: inOurWords }),
      template,
    },
  };
}

/** All fields that either of two specs has, in one order whoever wrote them. */
export const fieldsOf = (one: WrittenSpec, other: WrittenSpec): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)].toSorted()),
];
