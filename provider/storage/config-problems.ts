import { isUnknown } from "../lifecycle/unknown.ts";
import { nearestNames } from "../nearest-names.ts";
import { freeKeys, keysOfCredentials, refusedKeys, saidBy } from "./config-keys.ts";
import { looksSecret } from "./looks-secret.ts";

export type StoreKind = keyof typeof saidBy;

interface ConfigProblem {
  key: string;
  reason: string;
}

/**
 * What is wrong with the keys that a program gives to Velero's plugin as they are. A plugin refuses a key that it does not
 * know (velero v1.18.3, pkg/plugin/framework/validation.go), and which those are is a matter of its version: only what is
 * known here is judged, and what is nearly that. A value is never told.
 */
export function configProblems(kind: StoreKind, config: unknown, credentials: unknown): ConfigProblem[] {
  return entriesOf(config).flatMap(([key, value]) => {
    const reason = reasonAgainst(kind, key) ?? misspelt(kind, key) ?? secretIn(key, value);
    if (reason !== undefined) return [{ key, reason }];
    return credentialProblems({ [key]: value }, credentials);
  });
}

/** What means nothing to these credentials, which may be a cluster's own. */
export function credentialProblems(config: unknown, credentials: unknown): ConfigProblem[] {
  const kinds = typeof credentials === "object" && credentials !== null ? Object.keys(credentials) : [];
  if (kinds.length === 0) return [];
  return entriesOf(config).flatMap(([key]) => {
    const takenBy = keysOfCredentials[key];
    if (takenBy === undefined || kinds.some((each) => takenBy.includes(each))) return [];
    const takers = takenBy.map((each) => `\`${each}\``).join(" or ");
    return [
      {
        key,
        reason: `means nothing to the credentials that are declared (${kinds.join()}): it goes with ${takers}`,
      },
    ];
  });
}

const entriesOf = (config: unknown): [string, unknown][] =>
  typeof config === "object" && config !== null && !isUnknown(config) ? Object.entries(config) : [];

function reasonAgainst(kind: StoreKind, key: string): string | undefined {
  const property = saidBy[kind][key];
  if (property === undefined) return refusedKeys[kind][key];
  return property === ""
    ? `is decided by the kind of store, "${kind}": leave it out`
    : `is what storage.${kind}.${property} says: declare that`;
}

function misspelt(kind: StoreKind, key: string): string | undefined {
  const known = [...Object.keys(saidBy[kind]), ...Object.keys(refusedKeys[kind]), ...freeKeys[kind]];
  if (known.includes(key)) return undefined;
  const [meant] = nearestNames(key, known);
  if (meant === undefined) return undefined;
  const reason = reasonAgainst(kind, meant);
  return `is no key of Velero's plugin, and \`${meant}\` seems to be meant${reason === undefined ? "" : `, which ${reason}`}`;
}

function secretIn(key: string, value: unknown): string | undefined {
  if (typeof value !== "string" || isUnknown(value) || !looksSecret(key, value)) return undefined;
  return (
    "looks like a secret, and a location's config is read by whoever may read the location: keys belong into " +
    "`credentials`"
  );
}
