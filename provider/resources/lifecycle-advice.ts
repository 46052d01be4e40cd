import type { LifecycleRule, StoreFacts } from "../storage/object-store.ts";

/**
 * What the bucket's own rules will do to the backups below a prefix, in words. Velero learns of none of it: a backup
 * of which the store has taken a part still looks complete, and a kopia repository breaks when one old blob is gone.
 */
export function lifecycleAdvice({ lifecycle = [] }: StoreFacts, address: string, prefix: string): string[] {
  if (lifecycle === "unknown") return [];
  return lifecycle
    .filter((rule) => touches(rule, `${prefix}/`))
    .map((rule) => wordsFor(rule, address, prefix));
}

/** Prefixes of stores are strings, not folders. */
const touches = (rule: LifecycleRule, folder: string): boolean =>
  folder.startsWith(rule.prefix) || rule.prefix.startsWith(folder);

function wordsFor(rule: LifecycleRule, address: string, prefix: string): string {
  const name = rule.name === undefined ? "a lifecycle rule" : `lifecycle rule "${rule.name}"`;
  const reach = rule.prefix === "" ? "everything" : `what begins with "${rule.prefix}"`;
  const remedy = `Exempt ${prefix}/ from the rule: Velero deletes what its ttl is over for.`;
  return rule.does === "deletes"
    ? `${name} of ${address} deletes ${reach}${whenIt(rule)}, and so backups below ${prefix}/ with a longer ttl and parts of ` +
        `kopia repositories, which are then broken; Velero does not notice. ${remedy}`
    : `${name} of ${address} archives ${reach}${whenIt(rule)}: backups below ${prefix}/ cannot be restored from then on, ` +
        `nor kopia repositories read, until they are thawed by hand. ${remedy}`;
}

function whenIt({ days, on }: LifecycleRule): string {
  if (days !== undefined) return ` after ${days} ${days === 1 ? "day" : "days"}`;
  return on === undefined ? "" : ` on ${on}`;
}
