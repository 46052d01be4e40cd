import { resolveIn } from "../core/references.ts";
import type { Access, Credentials, ExistingSecret, StorageConfig } from "./storage-config.ts";

/** A store, and who comes to it with what. */
export interface StoreDeclaration {
  storage: StorageConfig;
  /** A cluster's own, in place of the store's. */
  credentials?: Credentials | undefined;
  /** How the program itself comes there. */
  access?: Access | undefined;
}

/** A store as one of those who come to it sees it. */
export interface Way {
  storage: StorageConfig;
  /** What the user calls a path below it: `storage.aws.credentials.static` may be `access.credentials.static`. */
  declaredAs: (path: string) => string;
}

export const asDeclared: Way["declaredAs"] = (path) => path;

/** How Velero in that cluster comes to the store. */
export function veleroWay({ storage, credentials }: StoreDeclaration, cluster?: string): Way {
  if (!credentials) return { storage, declaredAs: asDeclared };
  return {
    storage: storeWith(storage, { credentials }),
    declaredAs: renaming(storage, { credentials: `clusters.${cluster}.credentials` }),
  };
}

/** How the program comes there, or undefined where it is not to. */
export function programWay(declaration: StoreDeclaration, cluster?: string): Way | undefined {
  const { access = {} } = declaration;
  if (access === "none") return undefined;
  const theirs = veleroWay(declaration, cluster);
  // Where a cluster's own are of no use here, the store's may be.
  const way = fromOutside(
    worksAnywhere(theirs.storage) ? theirs : veleroWay({ storage: declaration.storage }),
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
 * The same way from where programs run: like the clients for which Velero signs URLs, they come to a store at its
 * `publicUrl`, where it has one.
 */
export function fromOutside({ storage, declaredAs }: Way): Way {
  const { publicUrl } = partsOf(storage);
  if (publicUrl === undefined) return { storage, declaredAs };
  const property = declaredAs(`storage.${kindOf(storage)}.publicUrl`);
  return {
    storage: storeWith(storage, { endpoint: publicUrl }),
    declaredAs: renaming(storage, { endpoint: property }, declaredAs),
  };
}

/**
 * What the program tries before it lets Velero have it: the keys that a cluster gets, from where the program stands.
 * Undefined where it comes with those anyway, or cannot: they exist inside of the cluster only.
 */
export function trialWay(declaration: StoreDeclaration, cluster?: string): Way | undefined {
  const { access } = declaration;
  if (access === undefined || access === "none") return undefined;
  if (access.credentials === undefined && access.profile === undefined) return undefined;
  if (!worksAnywhere(veleroWay(declaration, cluster).storage)) return undefined;
  return programWay({ ...declaration, access: { endpoint: access.endpoint } }, cluster);
}

/** Whether these credentials are of use outside of the cluster. */
export function worksAnywhere(storage: StorageConfig): boolean {
  const { credentials } = partsOf(storage);
  if (!isObject(credentials)) return false;
  if ("sts" in credentials) {
    const { source } = Object(credentials.sts) as { source?: unknown };
    return isObject(source) && "static" in source;
  }
  return !["ambient", "existingSecret", "workloadIdentity"].some((kind) => kind in credentials);
}

/** The Secret that the user manages, where the credentials name one. */
export function existingSecretOf(storage: StorageConfig<string>): ExistingSecret | undefined {
  const { credentials } = partsOf(storage) as { credentials: object };
  return "existingSecret" in credentials ? (credentials.existingSecret as ExistingSecret) : undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The same store under other parts. */
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
): Way["declaredAs"] {
  const known = Object.entries(names).map(
    ([part, name]) => [`storage.${kindOf(storage)}.${part}`, name] as const,
  );
  return (path) => {
    for (const [prefix, name] of known) {
      // A profile has no parts of its own.
      if (path === prefix || path.startsWith(`${prefix}.`))
        return name === "access.profile" ? name : name + path.slice(prefix.length);
    }
    return otherwise(path);
  };
}

/** With every secret's content; `declaredAs`: what the user calls a path of it. */
export const resolveStorage = (storage: StorageConfig, declaredAs = asDeclared): StorageConfig<string> =>
  resolveIn(storage, "storage", declaredAs) as StorageConfig<string>;
