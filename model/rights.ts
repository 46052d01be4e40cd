/** Verbs on one kind, which the calls of the provider need. */
export interface Need {
  /** The plural with its API group: `backups.velero.io`. */
  kind: string;
  verbs: readonly string[];
  /** True if the permission is needed in the whole cluster, and not only in Velero's namespace. */
  isClusterWide?: boolean;
  /** The effect of a missing permission, in words. Absent if the `up` fails without it. */
  without?: string;
}

const SEE = ["get", "list"];
const WRITE = ["create", "patch", "delete"];

/** Without the permission to watch, we list every few seconds. */
const follow = (...kinds: string[]): Need[] =>
  kinds.map((kind) => ({ kind, verbs: ["watch"], without: "what is waited for is seen some seconds later" }));

const ask = (kind: string, without: string): Need[] => [
  { kind, verbs: ["create", "list", "delete"], without },
  ...follow(kind),
];

const askStatus = ask(
  "serverstatusrequests.velero.io",
  "a Velero that is dead, or too old for an option, is not recognized",
);
const askFiles = ask(
  "downloadrequests.velero.io",
  "Velero's own results and logs are not shown where the program has no way to the store",
);

const seeClaims = (...kinds: string[]): Need[] =>
  kinds.map((kind) => ({
    kind,
    verbs: ["list"],
    isClusterWide: true,
    without: "a preview does not tell what becomes of the claims in the chosen namespaces",
  }));

const UNSEEN_SNAPSHOTS = "a preview does not tell whether a snapshot can be taken of a claim";

/** The permissions that each part of a resource needs. `sdk/rbac/` grants them, and previews ask for them. */
export const neededRights = {
  location: [
    { kind: "backupstoragelocations.velero.io", verbs: [...SEE, ...WRITE] },
    { kind: "secrets", verbs: ["get", ...WRITE] },
    // These show who still uses a removed location. Backup objects are deleted together with it.
    { kind: "schedules.velero.io", verbs: ["list"] },
    { kind: "backups.velero.io", verbs: ["list", "delete"] },
    ...follow("backupstoragelocations.velero.io", "backups.velero.io"),
    ...askStatus,
  ],
  // A program without access to the store keeps its claim in a ConfigMap.
  claimInCluster: [{ kind: "configmaps", verbs: [...SEE, ...WRITE] }],
  // Repositories show whether it is too late for a `repositoryPassword`.
  repositoryPassword: [{ kind: "backuprepositories.velero.io", verbs: ["list"] }],
  backup: [
    { kind: "backups.velero.io", verbs: [...SEE, ...WRITE] },
    { kind: "schedules.velero.io", verbs: [...SEE, ...WRITE] },
    { kind: "backupstoragelocations.velero.io", verbs: SEE },
    {
      kind: "namespaces",
      verbs: ["list"],
      isClusterWide: true,
      without: "patterns cannot be resolved, and a namespace that is misspelt is not recognized",
    },
    {
      kind: "customresourcedefinitions.apiextensions.k8s.io",
      verbs: ["list"],
      isClusterWide: true,
      without: "a backup that lacks what was defined just before it is not recognized",
    },
    {
      kind: "deletebackuprequests.velero.io",
      verbs: ["list"],
      without: "why a backup cannot be deleted is not told",
    },
    ...follow("backups.velero.io", "schedules.velero.io", "backupstoragelocations.velero.io"),
    ...askStatus,
    ...askFiles,
  ],
  resourcePolicy: [{ kind: "configmaps", verbs: ["get", ...WRITE] }],
  sharedPolicy: [{ kind: "configmaps", verbs: ["get"] }],
  volumes: [
    ...seeClaims("persistentvolumeclaims", "persistentvolumes", "pods"),
    {
      kind: "storageclasses.storage.k8s.io",
      verbs: ["list"],
      isClusterWide: true,
      without: UNSEEN_SNAPSHOTS,
    },
    {
      kind: "volumesnapshotclasses.snapshot.storage.k8s.io",
      verbs: ["list"],
      isClusterWide: true,
      without: UNSEEN_SNAPSHOTS,
    },
    { kind: "volumesnapshotlocations.velero.io", verbs: ["list"], without: UNSEEN_SNAPSHOTS },
  ],
  deletion: [
    { kind: "deletebackuprequests.velero.io", verbs: ["create", "list"] },
    ...follow("deletebackuprequests.velero.io"),
  ],
  // These are the repositories of a location that is deleted with its stored data.
  erasure: [{ kind: "backuprepositories.velero.io", verbs: ["list", "delete"] }],
  restore: [
    { kind: "restores.velero.io", verbs: [...SEE, ...WRITE] },
    { kind: "backups.velero.io", verbs: ["list"] },
    { kind: "backupstoragelocations.velero.io", verbs: SEE },
    { kind: "configmaps", verbs: ["get", ...WRITE] },
    {
      kind: "namespaces",
      verbs: ["list"],
      isClusterWide: true,
      without: "a namespace that is being deleted is not recognized",
    },
    {
      kind: "storageclasses.storage.k8s.io",
      verbs: ["list"],
      isClusterWide: true,
      without: "storage classes that the cluster lacks are not recognized",
    },
    {
      kind: "persistentvolumeclaims",
      verbs: ["list"],
      isClusterWide: true,
      without: "what is restored of a snapshot is not seen to have its volume",
    },
    ...follow("restores.velero.io", "backups.velero.io", "backupstoragelocations.velero.io"),
    ...askStatus,
    ...askFiles,
  ],
  drill: [
    // A drill creates and removes its namespaces.
    { kind: "namespaces", verbs: ["list", "create", "patch", "delete"], isClusterWide: true },
    // These objects show that the data of a claim came back.
    { kind: "podvolumerestores.velero.io", verbs: ["list"] },
    { kind: "datadownloads.velero.io", verbs: ["list"] },
    {
      kind: "persistentvolumes",
      verbs: ["list", "patch"],
      isClusterWide: true,
      without: "volumes whose class retains them stay when the claims of a drill go",
    },
    {
      kind: "volumesnapshotcontents.snapshot.storage.k8s.io",
      verbs: ["list", "delete"],
      isClusterWide: true,
      without: "VolumeSnapshotContents stay when the claims of a drill go",
    },
    ...follow(
      "namespaces",
      "persistentvolumeclaims",
      "persistentvolumes",
      "volumesnapshotcontents.snapshot.storage.k8s.io",
    ).map((need) => ({
      ...need,
      isClusterWide: true,
    })),
  ],
  lookUps: [
    { kind: "backups.velero.io", verbs: ["list"] },
    { kind: "schedules.velero.io", verbs: ["list"] },
    { kind: "restores.velero.io", verbs: ["list"] },
    { kind: "backupstoragelocations.velero.io", verbs: ["get"] },
  ],
} satisfies Record<string, readonly Need[]>;

/** The parts of resources that need permissions of their own. */
export type Use = keyof typeof neededRights;
