/**
 * How a value that is not known yet reaches a dynamic provider, whatever its type should have been: in previews, and
 * in a real `up` during the engine's analysis of a delete-before-replace (pulumi/pulumi#6310).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Unknown, or a string that we made from an unknown one. */
export const isUnknown = (value: unknown): boolean => typeof value === "string" && value.includes(UNKNOWN);

/** Whether anything in it is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}
