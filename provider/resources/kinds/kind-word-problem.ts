/** As Kubernetes writes a version: `v1`, `v2beta1`. */
const VERSION = /^v\d+(?:(?:alpha|beta)\d+)?$/;

/**
 * Tells why a word is the name of no kind on any server, or undefined. Velero takes the part behind the first dot for the
 * API group, and knows no way to say a version (apimachinery, `ParseGroupResource`).
 */
export function kindWordProblem(word: string): string | undefined {
  if (/[\s,]/.test(word)) return `"${word}" is no kind: give each kind an entry of its own`;
  const [name = "", ...group] = word.split(".");
  if (word.includes("/")) {
    const parts = word.split("/").filter((part) => !VERSION.test(part));
    return `"${word}" has a slash: Velero knows a kind by its plural and its API group, "deployments.apps", without a version${parts.length === 1 ? `. Write "${parts[0]}"` : ""}`;
  }
  if (VERSION.test(group.join(".")))
    return `"${word}" names a version, which Velero takes for an API group that is not there, and then it finds nothing. Write "${name}"`;
  return undefined;
}
