import {
  backupRepositories,
  backups,
  configMaps,
  customResourceDefinitions,
  dataDownloads,
  deleteBackupRequests,
  downloadRequests,
  locations,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podVolumeRestores,
  type ResourceType,
  restores,
  schedules,
  secrets,
  serverStatusRequests,
  snapshotContents,
  snapshotLocations,
  storageClasses,
  volumeSnapshotClasses,
} from "../../kubernetes/resources.ts";

/** What of a resource asks for rights of its own. */
export type Use =
  | "location"
  | "claimInCluster"
  | "repositoryPassword"
  | "backup"
  | "resourcePolicy"
  | "sharedPolicy"
  | "volumes"
  | "deletion"
  | "erasure"
  | "restore"
  | "drill";

export interface Need {
  type: ResourceType;
  verbs: readonly string[];
  /** In all of the cluster, and not in Velero's namespace alone. */
  isClusterWide?: boolean;
  /** What an up does without it, in words. Where there are none it fails. */
  without?: string;
}

const SEE = ["get", "list"];
const WRITE = ["create", "patch", "delete"];

/** A watch that is refused is a list every few seconds. */
const follow = (...types: ResourceType[]): Need[] =>
  types.map((type) => ({ type, verbs: ["watch"], without: "what is waited for is seen some seconds later" }));

const ask = (type: ResourceType, without: string): Need[] => [
  { type, verbs: ["create", "list", "delete"], without },
  ...follow(type),
];

const askStatus = ask(
  serverStatusRequests,
  "a Velero that is dead, or too old for an option, is not recognized",
);
const askFiles = ask(
  downloadRequests,
  "Velero's own results and logs are not shown where the program has no way to the store",
);

const seeClaims = (...types: ResourceType[]): Need[] =>
  types.map((type) => ({
    type,
    verbs: ["list"],
    isClusterWide: true,
    without: "a preview does not tell what becomes of the claims in the chosen namespaces",
  }));

const UNSEEN_SNAPSHOTS = "a preview does not tell whether a snapshot can be taken of a claim";

/** The calls of the code, in the terms of Kubernetes' RBAC. `sdk/rbac/` gives these rights, and a test holds both to each other. */
export const neededRights: Readonly<Record<Use, readonly Need[]>> = {
  location: [
    { type: locations, verbs: [...SEE, ...WRITE] },
    { type: secrets, verbs: ["get", ...WRITE] },
    { type: schedules, verbs: ["list"] },
    { type: backups, verbs: ["list", "delete"] },
    ...follow(locations, backups),
    ...askStatus,
  ],
  claimInCluster: [{ type: configMaps, verbs: [...SEE, ...WRITE] }],
  repositoryPassword: [{ type: backupRepositories, verbs: ["list"] }],
  backup: [
    { type: backups, verbs: [...SEE, ...WRITE] },
    { type: schedules, verbs: [...SEE, ...WRITE] },
    { type: locations, verbs: SEE },
    {
      type: namespaces,
      verbs: ["list"],
      isClusterWide: true,
      without: "patterns cannot be resolved, and a namespace that is misspelt is not recognized",
    },
    {
      type: customResourceDefinitions,
      verbs: ["list"],
      isClusterWide: true,
      without: "a backup that lacks what was defined just before it is not recognized",
    },
    { type: deleteBackupRequests, verbs: ["list"], without: "why a backup cannot be deleted is not told" },
    ...follow(backups, schedules, locations),
    ...askStatus,
    ...askFiles,
  ],
  resourcePolicy: [{ type: configMaps, verbs: ["get", ...WRITE] }],
  sharedPolicy: [{ type: configMaps, verbs: ["get"] }],
  volumes: [
    ...seeClaims(persistentVolumeClaims, persistentVolumes, pods),
    { type: storageClasses, verbs: ["list"], isClusterWide: true, without: UNSEEN_SNAPSHOTS },
    { type: volumeSnapshotClasses, verbs: ["list"], isClusterWide: true, without: UNSEEN_SNAPSHOTS },
    { type: snapshotLocations, verbs: ["list"], without: UNSEEN_SNAPSHOTS },
  ],
  deletion: [{ type: deleteBackupRequests, verbs: ["create", "list"] }, ...follow(deleteBackupRequests)],
  erasure: [{ type: backupRepositories, verbs: ["list", "delete"] }],
  restore: [
    { type: restores, verbs: [...SEE, ...WRITE] },
    { type: backups, verbs: ["list"] },
    { type: locations, verbs: SEE },
    { type: configMaps, verbs: ["get", ...WRITE] },
    {
      type: namespaces,
      verbs: ["list"],
      isClusterWide: true,
      without: "a namespace that is being deleted is not recognized",
    },
    {
      type: storageClasses,
      verbs: ["list"],
      isClusterWide: true,
      without: "storage classes that the cluster lacks are not recognized",
    },
    {
      type: persistentVolumeClaims,
      verbs: ["list"],
      isClusterWide: true,
      without: "what is restored of a snapshot is not seen to have its volume",
    },
    ...follow(restores, backups, locations),
    ...askStatus,
    ...askFiles,
  ],
  drill: [
    { type: namespaces, verbs: ["list", "create", "patch", "delete"], isClusterWide: true },
    // These objects say that the data of a claim came back.
    { type: podVolumeRestores, verbs: ["list"] },
    { type: dataDownloads, verbs: ["list"] },
    {
      type: persistentVolumes,
      verbs: ["list", "patch"],
      isClusterWide: true,
      without: "volumes whose class retains them stay when the claims of a drill go",
    },
    {
      type: snapshotContents,
      verbs: ["list", "delete"],
      isClusterWide: true,
      without: "VolumeSnapshotContents stay when the claims of a drill go",
    },
    ...follow(namespaces, persistentVolumeClaims, persistentVolumes, snapshotContents).map((need) => ({
      ...need,
      isClusterWide: true,
    })),
  ],
};
