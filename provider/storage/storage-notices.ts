import { isUnknown } from "../lifecycle/unknown.ts";
import { type StoreDeclaration, worksAnywhere } from "./ways.ts";

/** What a user should know of a store as declared, and what no server tells. */
export function storageNotices({ storage, access }: StoreDeclaration): string[] {
  const [kind, store] = Object.entries(storage)[0] ?? [];
  const credentials = (store as { credentials?: unknown } | undefined)?.credentials;
  if (isUnknown(store) || typeof credentials !== "object" || credentials === null) return [];
  const property = `storage.${kind}.credentials`;
  const keys = "sts" in credentials ? sourceOf(credentials.sts) : credentials;
  const path = "sts" in credentials ? `${property}.sts.source` : property;
  return [
    ...(hasSessionToken(keys)
      ? [
          `${path}.static.sessionToken: these keys end with their session, and then no backup works in any cluster until ` +
            "new ones are declared. Keys that last, or a role (`sts`) that Velero renews by itself, do not.",
        ]
      : []),
    ...(access === undefined && !worksAnywhere(storage)
      ? [
          `${property}: ${Object.keys(credentials).join()} exists inside of the cluster only; the program itself looks at ` +
            `the store with its own ${clouds[kind ?? ""]} credentials.`,
        ]
      : []),
    ...(access === "none" ? [unprotected] : []),
  ];
}

const clouds: Record<string, string> = { aws: "AWS", gcp: "Google", azure: "Azure" };

const sourceOf = (sts: unknown): unknown => (sts as { source?: unknown } | undefined)?.source ?? {};

const hasSessionToken = (keys: unknown): boolean =>
  (keys as { static?: { sessionToken?: unknown } } | undefined)?.static?.sessionToken !== undefined;

/** Names what only a look into the store could tell (docs/design/rules.md#access-none). */
const unprotected =
  "access: without a way to the store nothing is tried before Velero gets it, and only a ConfigMap in each cluster claims " +
  "the prefix: another cluster that writes there, backups there that have expired (which Velero deletes) and a backup's " +
  "name that is taken go unseen, and so does the loss of a backup's data behind Velero's back.";
