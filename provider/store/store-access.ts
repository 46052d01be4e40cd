import * as v from "valibot";
import type { Failure } from "../core/handler.ts";
import { type Secrets, type Resolved, resolveIn } from "../core/secrets.ts";
import { validate } from "../core/validate.ts";
import { isUnknown } from "../core/values.ts";
import { credentialProblems } from "./config-keys.ts";
import {
  type Access,
  type Credentials,
  credentialsByKind,
  type ExistingSecret,
  programCredentials,
  type StorageConfig,
} from "./storage-config.ts";

/** A store, with the credentials of the cluster and of the program. */
export interface StoreDeclaration {
  storage: StorageConfig;
  /** The cluster's own credentials, which replace those of the store. */
  credentials?: Credentials | undefined;
  /** The program's own access. */
  access?: Access | undefined;
}

/** A store as one of its users (Velero, or the program) accesses it. */
export interface StoreAccess {
  storage: StorageConfig;
  /** Returns the user's name of a path: `storage.aws.credentials.static` may be `access.credentials.static`. */
  declaredAs: (path: string) => string;
}

export const asDeclared: StoreAccess["declaredAs"] = (path) => path;

/** Returns the access of the Velero in a cluster. */
export function veleroAccess({ storage, credentials }: StoreDeclaration, cluster?: string): StoreAccess {
  if (!credentials) return { storage, declaredAs: asDeclared };
  return {
    storage: storeWith(storage, { credentials }),
    declaredAs: renaming(storage, { credentials: `clusters.${cluster}.credentials` }),
  };
}

/** Returns the program's access, or undefined if the program should have none. */
export function programAccess(declaration: StoreDeclaration, cluster?: string): StoreAccess | undefined {
  const { access = {} } = declaration;
  if (access === "none") return undefined;
  const theirs = veleroAccess(declaration, cluster);
  // If a cluster's own credentials do not work here, the store's may.
  const way = fromOutside(
    worksAnywhere(theirs.storage) ? theirs : veleroAccess({ storage: declaration.storage }),
  );
  const {
    endpoint,
    profile,
    credentials = profile === undefined ? undefined : { ambient: { profile } },
  } = access;
  return {
    storage: storeWith(way.storage, { ...(endpoint && { endpoint }), ...(credentials && { credentials }) }),
    declaredAs: renaming(
      way.storage,
      {
        ...(endpoint && { endpoint: "access.endpoint" }),
        ...(credentials && { credentials: profile === undefined ? "access.credentials" : "access.profile" }),
      },
      way.declaredAs,
    ),
  };
}

/**
 * Returns the same access from outside of the clusters. Like the clients for which Velero signs URLs, it uses the
 * store's `publicUrl` if there is one.
 */
export function fromOutside({ storage, declaredAs }: StoreAccess): StoreAccess {
  const { publicUrl } = partsOf(storage);
  if (publicUrl === undefined) return { storage, declaredAs };
  const property = declaredAs(`storage.${kindOf(storage)}.publicUrl`);
  return {
    storage: storeWith(storage, { endpoint: publicUrl }),
    declaredAs: renaming(storage, { endpoint: property }, declaredAs),
  };
}

/**
 * Returns the access by which the program checks the keys of a cluster before Velero gets them. Returns undefined if
 * the program uses these keys anyway, or cannot use them because they exist only in the cluster.
 */
export function trialAccess(declaration: StoreDeclaration, cluster?: string): StoreAccess | undefined {
  const { access } = declaration;
  if (access === undefined || access === "none") return undefined;
  if (access.credentials === undefined && access.profile === undefined) return undefined;
  if (!worksAnywhere(veleroAccess(declaration, cluster).storage)) return undefined;
  return programAccess({ ...declaration, access: { endpoint: access.endpoint } }, cluster);
}

/** Returns true if these credentials work outside of the cluster. */
export function worksAnywhere(storage: StorageConfig): boolean {
  const { credentials } = partsOf(storage);
  if (!isObject(credentials)) return false;
  if ("sts" in credentials) {
    const { source } = Object(credentials.sts) as { source?: unknown };
    return isObject(source) && "static" in source;
  }
  return !["ambient", "existingSecret", "workloadIdentity"].some((kind) => kind in credentials);
}

/** Returns the Secret that the user manages, if the credentials name one. */
export function existingSecretOf(storage: Resolved<StorageConfig>): ExistingSecret | undefined {
  const { credentials } = partsOf(storage) as { credentials: object };
  return "existingSecret" in credentials ? (credentials.existingSecret as ExistingSecret) : undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Returns the same store with other parts. */
export function storeWith(
  storage: StorageConfig,
  parts: { endpoint?: string; credentials?: Credentials },
): StorageConfig {
  const kind = kindOf(storage);
  return { [kind]: { ...partsOf(storage), ...parts } } as unknown as StorageConfig;
}

export const kindOf = (storage: StorageConfig): string => Object.keys(storage)[0] ?? "";

interface Parts {
  credentials?: unknown;
  publicUrl?: string | undefined;
}

const partsOf = (storage: StorageConfig): Parts => (Object.values(storage) as Parts[])[0] ?? {};

function renaming(
  storage: StorageConfig,
  names: Record<string, string>,
  otherwise = asDeclared,
): StoreAccess["declaredAs"] {
  const known = Object.entries(names).map(
    ([part, name]) => [`storage.${kindOf(storage)}.${part}`, name] as const,
  );
  return (path) => {
    for (const [prefix, name] of known) {
      // A profile has no sub-properties.
      if (path === prefix || path.startsWith(`${prefix}.`))
        return name === "access.profile" ? name : name + path.slice(prefix.length);
    }
    return otherwise(path);
  };
}

/** Resolves all secrets of a store. `declaredAs` returns the user's name of a path. */
export const resolveStorage = (
  secrets: Secrets,
  storage: StorageConfig,
  declaredAs = asDeclared,
): Resolved<StorageConfig> => resolveIn(secrets, storage, "storage", declaredAs) as Resolved<StorageConfig>;

/** Checks credentials and access against the kind of the store. Returns nothing if the kind is unknown or invalid. */
export function accessRules({ storage, credentials: own, access }: Partial<StoreDeclaration>): Failure[] {
  const kind = storeKindOf(storage);
  if (kind === undefined) return [];
  const wrong = (schema: v.GenericSchema, path: string, value: unknown): Failure[] =>
    validate(v.object({ [path]: schema }), { [path]: value }).map(({ path: within, reason }) => ({
      path: within.startsWith(path) ? within : path,
      reason,
    }));
  const given = typeof access === "object" && access !== null && !isUnknown(access) ? access : {};
  return [
    ...(own === undefined ? [] : wrong(credentialsByKind[kind], "credentials", own)),
    ...credentialProblems(configOf(storage), own).map(({ key, reason }) => ({
      path: `storage.${kind}.config.${key}`,
      reason,
    })),
    ...(given.credentials === undefined
      ? []
      : wrong(programCredentials[kind], "credentials", given.credentials).map(withinAccess)),
    ...(given.profile !== undefined && kind !== "aws"
      ? [
          {
            path: "access.profile",
            reason: "is of AWS's shared configuration, and the store is none of AWS's",
          },
        ]
      : []),
    ...(given.profile !== undefined && given.credentials !== undefined
      ? [{ path: "access", reason: "has both a `profile` and `credentials`. Give one of them" }]
      : []),
    ...(kind === "minio" ? needsAccess(storage, own, access) : []),
  ];
}

const withinAccess = ({ path, reason }: Failure): Failure => ({ path: `access.${path}`, reason });

/** MinIO has no ambient identity that a program could use. */
function needsAccess(
  storage: unknown,
  own: StoreDeclaration["credentials"],
  access: StoreDeclaration["access"],
): Failure[] {
  const usable = (credentials: unknown) =>
    typeof credentials !== "object" ||
    credentials === null ||
    isUnknown(credentials) ||
    "static" in credentials;
  const { credentials: declared } = (storage as { minio: { credentials?: unknown } }).minio;
  if (usable(own) && own !== undefined) return [];
  if (usable(declared) || access === "none" || isUnknown(access) || access?.credentials !== undefined)
    return [];
  return [
    {
      path: own ? "credentials" : "storage.minio.credentials",
      reason:
        "are in the cluster only, and the program has none of its own for a MinIO server: " +
        'give it some (access: { credentials: { static: … } }), or let it stay away from the store (access: "none")',
    },
  ];
}

const configOf = (storage: unknown): unknown =>
  (Object.values(storage as object) as { config?: unknown }[])[0]?.config;

const storeKindOf = (storage: unknown): keyof typeof credentialsByKind | undefined => {
  if (typeof storage !== "object" || storage === null) return undefined;
  const [kind, ...others] = Object.keys(storage).filter((key) => key in credentialsByKind);
  const store = kind === undefined ? undefined : (storage as Record<string, unknown>)[kind];
  if (others.length > 0 || typeof store !== "object" || store === null || isUnknown(store)) return undefined;
  return kind as keyof typeof credentialsByKind;
};
