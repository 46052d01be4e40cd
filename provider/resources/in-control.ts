import type { KubernetesObject } from "../kubernetes/resources.ts";

/** A sentence on the controller that an object is of, if it is of one: it sets its objects back to its own will. */
export function inControl({ metadata, kind }: KubernetesObject): string {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (!controller) return "";
  return (
    ` ${controller.kind} ${controller.name} controls this ${kind ?? "object"}, and may change it back or remove it: ` +
    "take it out there, so that the object stays, or both change it in turn."
  );
}
