import type { Input, Output } from "@pulumi/pulumi";
import { fromInputs } from "./from-inputs.ts";
import { refuse, unlike } from "./problems.ts";

/** The permissions of a custom Azure role, and the scopes in which it can be assigned. */
export interface AzureRoleArgs {
  /**
   * Subscriptions or resource groups in which the role can be assigned, `/subscriptions/…` or
   * `/subscriptions/…/resourceGroups/…`. The role is defined in the first one. Disks and the storage account may be in
   * different ones.
   */
  assignableScopes: Input<Input<string>[]>;
  /**
   * Name of the role, which is unique in the tenant.
   *
   * @default `Velero`
   */
  roleName?: Input<string>;
  /**
   * If true, the role may read, write, list and delete blobs by an identity, without a key of the account.
   *
   * @default true
   */
  blobs?: Input<boolean>;
  /**
   * If true, the role may make snapshots of managed disks.
   *
   * @default false
   */
  volumeSnapshots?: Input<boolean>;
  /**
   * If true, the role may fetch the account's keys. This library never lets Velero do so: it is for other locations of
   * the same Velero, or for one that is not adopted yet.
   *
   * @default false
   */
  accountKeys?: Input<boolean>;
}

/** The arguments of `azure_native.authorization.RoleDefinition`. */
export interface AzureRole {
  /** Name of the role, unique in the tenant. */
  roleName: Output<string>;
  /** Description of the role. */
  description: Output<string>;
  /** `CustomRole`. */
  roleType: Output<string>;
  /** The scope in which the role is defined. */
  scope: Output<string>;
  /** The scopes in which the role can be assigned. */
  assignableScopes: Output<string[]>;
  /** Permissions of the role. */
  permissions: Output<AzureRolePermission[]>;
}

/** Permissions of the role: on resources (`actions`), and on the data in them (`dataActions`). */
export interface AzureRolePermission {
  /** Actions on resources. */
  actions: string[];
  /** Actions on the data in resources. */
  dataActions: string[];
}

/**
 * Returns the custom role of the service principal or managed identity with which Velero and this library access Azure:
 * the arguments of `azure_native.authorization.RoleDefinition`. The actions are those that Velero's plugin for Azure
 * documents ([README](https://github.com/vmware-tanzu/velero-plugin-for-microsoft-azure#specify-role)), except for
 * `Microsoft.Storage/storageAccounts/regeneratekey/action`: neither Velero nor its plugin calls it, and an identity
 * with it can lock all others out of the account. If you prefer a built-in role: {@link azureBuiltInRoles}.
 *
 * Throws for an invalid scope, and if nothing is allowed.
 *
 * @example
 * ```ts
 * const role = new azure.authorization.RoleDefinition("velero", velero.iam.azureRole({ assignableScopes: [group.id] }));
 * new azure.authorization.RoleAssignment("velero", {
 *   scope: account.id,
 *   roleDefinitionId: role.id,
 *   principalId: identity.principalId,
 *   principalType: "ServicePrincipal",
 * });
 * ```
 */
export function azureRole(args: AzureRoleArgs): AzureRole {
  const role = fromInputs(args, azureRoleOf);
  return {
    roleName: role.apply(({ roleName }) => roleName),
    description: role.apply(({ description }) => description),
    roleType: role.apply(({ roleType }) => roleType),
    scope: role.apply(({ scope }) => scope),
    assignableScopes: role.apply(({ assignableScopes }) => assignableScopes),
    permissions: role.apply(({ permissions }) => permissions),
  };
}

interface AzureRights {
  assignableScopes: readonly string[];
  roleName?: string | undefined;
  blobs?: boolean | undefined;
  volumeSnapshots?: boolean | undefined;
  accountKeys?: boolean | undefined;
}

export function azureRoleOf({
  assignableScopes,
  roleName = "Velero",
  blobs = true,
  volumeSnapshots = false,
  accountKeys = false,
}: AzureRights) {
  const [scope = ""] = assignableScopes;
  const actions = [
    ...(blobs ? BLOBS : []),
    ...(accountKeys ? KEYS : []),
    ...(volumeSnapshots ? VOLUMES : []),
  ];
  refuse(
    "azureRole",
    assignableScopes.length === 0 &&
      "`assignableScopes` is empty, and must name at least one subscription or resource group.",
    ...assignableScopes.map((each, index) => unlike(`assignableScopes[${index}]`, each, SCOPE, SCOPES)),
    unlike("roleName", roleName, /^[^]{1,128}$/, "1 to 128 characters"),
    actions.length === 0 && "the role would allow nothing: `blobs` is false, and so is all the rest.",
  );
  return {
    roleName,
    description: "Velero related permissions to perform backups, restores and deletions",
    roleType: "CustomRole",
    scope,
    assignableScopes: [...assignableScopes],
    permissions: [{ actions: [...new Set(actions)], dataActions: blobs ? BLOB_DATA : [] }],
  };
}

const SCOPE = /^\/subscriptions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/resourceGroups\/[^/\s]+)?$/i;
const SCOPES =
  "/subscriptions/<id> or /subscriptions/<id>/resourceGroups/<name>: Azure defines no role for a single resource, only assigns it there";

const ACCOUNT = "Microsoft.Storage/storageAccounts";

const BLOBS = [
  `${ACCOUNT}/read`,
  `${ACCOUNT}/blobServices/containers/delete`,
  `${ACCOUNT}/blobServices/containers/read`,
  `${ACCOUNT}/blobServices/containers/write`,
  `${ACCOUNT}/blobServices/generateUserDelegationKey/action`,
];

const BLOB_DATA = [
  `${ACCOUNT}/blobServices/containers/blobs/delete`,
  `${ACCOUNT}/blobServices/containers/blobs/read`,
  `${ACCOUNT}/blobServices/containers/blobs/write`,
  `${ACCOUNT}/blobServices/containers/blobs/move/action`,
  `${ACCOUNT}/blobServices/containers/blobs/add/action`,
];

const KEYS = [`${ACCOUNT}/read`, `${ACCOUNT}/listkeys/action`];

const VOLUMES = [
  "Microsoft.Compute/disks/read",
  "Microsoft.Compute/disks/write",
  "Microsoft.Compute/disks/endGetAccess/action",
  "Microsoft.Compute/disks/beginGetAccess/action",
  "Microsoft.Compute/snapshots/read",
  "Microsoft.Compute/snapshots/write",
  "Microsoft.Compute/snapshots/delete",
];
