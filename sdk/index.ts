export type { WorkspaceBackupPart } from "../model/backup-results.ts";
export type { BackupSummary } from "../model/backup-summary.ts";
export type * from "../model/health.ts";
export type { LocationClaim, LocationUser, LocationUsers } from "../model/location-users.ts";
export type {
  BackupPhase,
  ClusterBackupPhase,
  LocationPhase,
  RestorePhase,
  WorkspaceBackupPhase,
} from "../model/phases.ts";
export type { RestorePart, RestorePlan } from "../model/restore-results.ts";
export type { StoreFacts } from "../model/store-facts.ts";
export { BackupLocation, type BackupLocationArgs, type ClusterArgs } from "./backup-location.ts";
export type * from "./backup-args.ts";
export { ClusterBackup, type ClusterBackupArgs } from "./cluster-backup.ts";
export type {
  ClusterLocation,
  Location,
  LocationCluster,
  OnUnhealthy,
  Preflight,
} from "./cluster-location.ts";
export type { ConnectionArgs } from "./connection-args.ts";
export {
  getBackups,
  type GetBackupsArgs,
  getBackupsOutput,
  type GetBackupsOutputArgs,
  getLatestBackup,
  type GetLatestBackupArgs,
  getLatestBackupOutput,
  type GetLatestBackupOutputArgs,
  getLocationUsers,
  type GetLocationUsersArgs,
  getLocationUsersOutput,
  type LookUpOptions,
} from "./look-ups.ts";
/** Policies, trust policies and roles for the credentials of a store in its cloud. */
export * as iam from "./iam/index.ts";
export { locationFrom, type LocationFromArgs, type SharedLocation } from "./location-from.ts";
export type { ClusterHandle, LocationHandle } from "./location-handle.ts";
export type * from "./protected-cluster-args.ts";
export { ProtectedCluster, type ProtectedClusterHealth } from "./protected-cluster.ts";
/** Roles and ClusterRoles for kubeconfigs and for people. */
export * as rbac from "./rbac/index.ts";
export type { MetadataArgs } from "./metadata-args.ts";
export type { SecretInput, SecretReference } from "./secrets.ts";
export {
  type BackupReference,
  type ClusterRestoreArgs,
  Restore,
  type RestoreArgs,
  type WorkspaceReference,
  type WorkspaceRestoreArgs,
} from "./restore.ts";
export type * from "./restore-hooks-args.ts";
export type * from "./restore-options-args.ts";
export { type HourlyOptions, type PresetOptions, schedules } from "./schedules.ts";
export type * from "./resource-policy-args.ts";
export type * from "./selection-args.ts";
export type * from "./label-selection-args.ts";
export type * from "./s3-credentials-args.ts";
export type * from "./storage-args.ts";
export type * from "./azure-storage-args.ts";
export type * from "./in-cluster-credentials-args.ts";
export type { TimeoutsArgs } from "./timeouts-args.ts";
export type * from "./velero-server-args.ts";
export { isVeleroError, type VeleroError } from "./velero-error.ts";
export type { VeleroErrorCode } from "./velero-error-code.ts";
export { VeleroServer, type VeleroServerCluster } from "./velero-server.ts";
export { WorkspaceBackup, type WorkspaceBackupArgs } from "./workspace-backup.ts";
