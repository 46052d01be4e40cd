import type { KubernetesObject } from "../../../provider/kubernetes/resources.ts";

interface Selectors {
  fieldSelector?: string | undefined;
  labelSelector?: string | undefined;
}

/** Selectors as we send them: `metadata.name=b`, `a=b`, `a in (b,c)`, and several of the latter by commas. */
export function selects(
  { fieldSelector, labelSelector }: Selectors,
  { metadata }: KubernetesObject,
): boolean {
  const name = fieldSelector?.replace("metadata.name=", "");
  const labels = (labelSelector ?? "").split(/,(?![^(]*\))/).filter(Boolean);
  return (
    (name === undefined || metadata.name === name) &&
    labels.every((requirement) => {
      const [, key = "", values = ""] = /^(\S+?)(?:=| in \()([^)]*)\)?$/.exec(requirement) ?? [];
      return values.split(",").includes(metadata.labels?.[key] ?? "");
    })
  );
}
