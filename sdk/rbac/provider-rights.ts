import type { PolicyRule } from "./roles.ts";

/** The uses of this library by a stack, for which its credentials need permissions. */
export type ProviderUse = "locations" | "backups" | "deletion" | "restores" | "drills" | "lookUps";

/** The verbs that are allowed, by `resource.group`. */
export type Rights = Readonly<Record<string, readonly string[]>>;

const SEE = ["get", "list", "watch"];
const ALL = [...SEE, "create", "patch", "delete"];
/** The verbs for a request to Velero's server, which is created, watched and deleted. */
const ASK = ["create", "list", "watch", "delete"];
/** The verbs for objects whose name we know. */
const OWN = ["get", "create", "patch", "delete"];

const velero = (kind: string): string => `${kind}.velero.io`;

/** The permissions in Velero's namespace. */
export const inNamespace: Readonly<Record<ProviderUse, Rights>> = {
  locations: {
    [velero("backupstoragelocations")]: ALL,
    secrets: OWN,
    // A program without access to the store keeps its claim in a ConfigMap.
    configmaps: [...OWN, "list"],
    // These show who still uses a removed location. Backup objects are deleted together with it.
    [velero("schedules")]: ["list"],
    [velero("backups")]: ["list", "watch", "delete"],
    // These show whether it is too late for a `repositoryPassword`.
    [velero("backuprepositories")]: ["list"],
    [velero("serverstatusrequests")]: ASK,
  },
  backups: {
    [velero("backups")]: ALL,
    [velero("schedules")]: ALL,
    [velero("backupstoragelocations")]: SEE,
    // These hold resource policies.
    configmaps: OWN,
    // Plugins take snapshots through these.
    [velero("volumesnapshotlocations")]: ["list"],
    // These show why a backup is still `Deleting`.
    [velero("deletebackuprequests")]: ["list"],
    [velero("downloadrequests")]: ASK,
    [velero("serverstatusrequests")]: ASK,
  },
  deletion: {
    [velero("deletebackuprequests")]: ["create", "list", "watch"],
    // These are the repositories of a location that is deleted with its stored data.
    [velero("backuprepositories")]: ["list", "delete"],
  },
  restores: {
    [velero("restores")]: ALL,
    [velero("backups")]: ["list", "watch"],
    [velero("backupstoragelocations")]: SEE,
    // These hold resource modifiers.
    configmaps: OWN,
    [velero("downloadrequests")]: ASK,
    [velero("serverstatusrequests")]: ASK,
  },
  // These objects show that the data of a claim came back.
  drills: { [velero("podvolumerestores")]: ["list"], [velero("datadownloads")]: ["list"] },
  lookUps: {
    [velero("backups")]: ["list"],
    [velero("schedules")]: ["list"],
    [velero("restores")]: ["list"],
    [velero("backupstoragelocations")]: ["get"],
  },
};

/** The permissions in the whole cluster. The caller adds the kinds that a restore compares. */
export const inCluster: Readonly<Record<ProviderUse, Rights>> = {
  locations: {},
  // These show whether the namespaces of a backup exist, and which ones match a pattern.
  backups: {
    namespaces: ["list"],
    // These show kinds that were defined just before a backup, so that Velero may not know them yet.
    "customresourcedefinitions.apiextensions.k8s.io": ["list"],
    // A preview shows which pod mounts each claim, and how the claim is saved.
    persistentvolumeclaims: ["list"],
    persistentvolumes: ["list"],
    pods: ["list"],
    "storageclasses.storage.k8s.io": ["list"],
    "volumesnapshotclasses.snapshot.storage.k8s.io": ["list"],
  },
  deletion: {},
  restores: {
    namespaces: ["list"],
    // A restore checks whether the claims that it created have their volumes.
    persistentvolumeclaims: ["list"],
    "storageclasses.storage.k8s.io": ["list"],
  },
  drills: {
    // A drill creates and removes its namespaces.
    namespaces: ["list", "watch", "create", "patch", "delete"],
    // A drill waits for the volumes of its claims.
    persistentvolumeclaims: ["watch"],
    // These would stay when the claims of a drill are deleted.
    persistentvolumes: ["list", "watch", "patch"],
    "volumesnapshotcontents.snapshot.storage.k8s.io": ["list", "watch", "delete"],
  },
  lookUps: {},
};

/** A use includes the use that it is a part of. */
const WITH: Partial<Record<ProviderUse, ProviderUse>> = { deletion: "backups", drills: "restores" };

export const withTheirs = (uses: readonly ProviderUse[]): ProviderUse[] => [
  ...new Set(uses.flatMap((use) => [use, WITH[use] ?? use])),
];

/** Merges the permissions into one rule for each kind. */
export function rulesOf(rights: readonly Rights[]): PolicyRule[] {
  const verbs = new Map<string, Set<string>>();
  for (const [kind, each] of rights.flatMap((one) => Object.entries(one)))
    verbs.set(kind, new Set([...(verbs.get(kind) ?? []), ...each]));
  return [...verbs].map(([kind, each]) => {
    const [resource = "", ...group] = kind.split(".");
    return { apiGroups: [group.join(".")], resources: [resource], verbs: [...each] };
  });
}
