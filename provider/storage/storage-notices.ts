import { isUnknown } from "../lifecycle/unknown.ts";
import type { StorageConfig } from "./storage-config.ts";

/** What a user should know of a store as declared, and what no server tells. */
export function storageNotices(storage: StorageConfig): string[] {
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
    ...(isOfTheClusterAlone(credentials, keys)
      ? [
          `${property}: ${Object.keys(credentials).join()} exists inside of the cluster only; the program itself looks at ` +
            `the store with its own ${clouds[kind ?? ""]} credentials.`,
        ]
      : []),
  ];
}

const clouds: Record<string, string> = { aws: "AWS", gcp: "Google", azure: "Azure" };

const sourceOf = (sts: unknown): unknown => (sts as { source?: unknown } | undefined)?.source ?? {};

const hasSessionToken = (keys: unknown): boolean =>
  (keys as { static?: { sessionToken?: unknown } } | undefined)?.static?.sessionToken !== undefined;

const isOfTheClusterAlone = (credentials: object, keys: unknown): boolean =>
  "workloadIdentity" in credentials || ("sts" in credentials && !("static" in Object(keys)));
