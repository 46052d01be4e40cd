import type { PolicyRule } from "./roles.ts";

/** What a stack has, and its credentials need rights for. */
export type ProviderUse = "locations" | "backups" | "deletion" | "restores" | "drills" | "lookUps";

/** `resource.group`, and what may be done with it. */
export type Rights = Readonly<Record<string, readonly string[]>>;

const SEE = ["get", "list", "watch"];
const ALL = [...SEE, "create", "patch", "delete"];
/** An object that is a question to Velero's server: made, followed and removed. */
const ASK = ["create", "list", "watch", "delete"];
/** What we know by its name. */
const OWN = ["get", "create", "patch", "delete"];

const velero = (kind: string): string => `${kind}.velero.io`;

/** In Velero's namespace. */
export const inNamespace: Readonly<Record<ProviderUse, Rights>> = {
  locations: {
    [velero("backupstoragelocations")]: ALL,
    secrets: OWN,
    // The claim of a program that has no way to the store.
    configmaps: [...OWN, "list"],
    // Who still uses a location that goes; Backup objects go with it.
    [velero("schedules")]: ["list"],
    [velero("backups")]: ["list", "watch", "delete"],
    // Whether a `repositoryPassword` would come too late.
    [velero("backuprepositories")]: ["list"],
    [velero("serverstatusrequests")]: ASK,
  },
  backups: {
    [velero("backups")]: ALL,
    [velero("schedules")]: ALL,
    [velero("backupstoragelocations")]: SEE,
    // Resource policies.
    configmaps: OWN,
    // Plugins take snapshots by these.
    [velero("volumesnapshotlocations")]: ["list"],
    // Why a backup is still `Deleting`.
    [velero("deletebackuprequests")]: ["list"],
    [velero("downloadrequests")]: ASK,
    [velero("serverstatusrequests")]: ASK,
  },
  deletion: {
    [velero("deletebackuprequests")]: ["create", "list", "watch"],
    // The repositories of a location that goes with all that it has stored.
    [velero("backuprepositories")]: ["list", "delete"],
  },
  restores: {
    [velero("restores")]: ALL,
    [velero("backups")]: ["list", "watch"],
    [velero("backupstoragelocations")]: SEE,
    // Resource modifiers.
    configmaps: OWN,
    [velero("downloadrequests")]: ASK,
    [velero("serverstatusrequests")]: ASK,
  },
  // These objects say that the data of a claim came back.
  drills: { [velero("podvolumerestores")]: ["list"], [velero("datadownloads")]: ["list"] },
  lookUps: {
    [velero("backups")]: ["list"],
    [velero("schedules")]: ["list"],
    [velero("restores")]: ["list"],
    [velero("backupstoragelocations")]: ["get"],
  },
};

/** In the whole cluster. Which kinds a restore compares is the caller's to say. */
export const inCluster: Readonly<Record<ProviderUse, Rights>> = {
  locations: {},
  // Whether those exist that are to be backed up, and which ones patterns mean.
  backups: {
    namespaces: ["list"],
    // Which kinds were defined just before a backup, so that Velero may not know them yet.
    "customresourcedefinitions.apiextensions.k8s.io": ["list"],
    // A preview tells which pod mounts each claim, and what saves it.
    persistentvolumeclaims: ["list"],
    persistentvolumes: ["list"],
    pods: ["list"],
    "storageclasses.storage.k8s.io": ["list"],
    "volumesnapshotclasses.snapshot.storage.k8s.io": ["list"],
  },
  deletion: {},
  restores: {
    namespaces: ["list"],
    // A restore looks whether the claims that it made have their volumes.
    persistentvolumeclaims: ["list"],
    "storageclasses.storage.k8s.io": ["list"],
  },
  drills: {
    // Those of a drill are made, and removed.
    namespaces: ["list", "watch", "create", "patch", "delete"],
    // A drill waits for the volumes of its claims.
    persistentvolumeclaims: ["watch"],
    // These would stay when the claims of a drill go.
    persistentvolumes: ["list", "watch", "patch"],
    "volumesnapshotcontents.snapshot.storage.k8s.io": ["list", "watch", "delete"],
  },
  lookUps: {},
};

/** What a use is part of comes with it. */
const WITH: Partial<Record<ProviderUse, ProviderUse>> = { deletion: "backups", drills: "restores" };

export const withTheirs = (uses: readonly ProviderUse[]): ProviderUse[] => [
  ...new Set(uses.flatMap((use) => [use, WITH[use] ?? use])),
];

/** All of them together, a rule for each kind. */
export function rulesOf(rights: readonly Rights[]): PolicyRule[] {
  const verbs = new Map<string, Set<string>>();
  for (const [kind, each] of rights.flatMap((one) => Object.entries(one)))
    verbs.set(kind, new Set([...(verbs.get(kind) ?? []), ...each]));
  return [...verbs].map(([kind, each]) => {
    const [resource = "", ...group] = kind.split(".");
    return { apiGroups: [group.join(".")], resources: [resource], verbs: [...each] };
  });
}
