export { backupOperator, type BackupOperatorArgs } from "./backup-operator.ts";
export { type ComparedKinds, provider, type ProviderRightsArgs, type ProviderRoles } from "./provider.ts";
export type { ProviderUse } from "./provider-rights.ts";
export type { ClusterRoleManifest, PolicyRule, RoleManifest } from "./roles.ts";
export { server, type ServerRightsArgs } from "./server.ts";
