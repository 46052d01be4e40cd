import type { Input, Output } from "@pulumi/pulumi";
import { fromInputs } from "./from-inputs.ts";
import { refuse, unlike } from "./problems.ts";

/** Ids of role definitions, each for a `roleDefinitionId` of `azure_native.authorization.RoleAssignment`. */
export interface AzureBuiltInRoles {
  /** Storage Blob Data Contributor: assign it on the container or the storage account. */
  blobs: Output<string>;
  /** Contributor: assign it on the resource groups of the disks and of the snapshots. */
  volumeSnapshots: Output<string>;
}

/**
 * Returns the built-in Azure roles that can replace {@link azureRole}, as Velero's plugin for Azure names them
 * ([README](https://github.com/vmware-tanzu/velero-plugin-for-microsoft-azure#specify-role)). Contributor allows far
 * more than snapshots, up to deleting the whole group: use it only if no custom role can be created.
 *
 * Throws for an invalid subscription id.
 *
 * @example
 * ```ts
 * new azure.authorization.RoleAssignment("velero", {
 *   scope: container.id,
 *   roleDefinitionId: velero.iam.azureBuiltInRoles(subscriptionId).blobs,
 *   principalId: identity.principalId,
 *   principalType: "ServicePrincipal",
 * });
 * ```
 */
export function azureBuiltInRoles(subscriptionId: Input<string>): AzureBuiltInRoles {
  const idOf = (role: string) => fromInputs(subscriptionId, (id) => roleIn(id, role));
  return {
    blobs: idOf("ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    volumeSnapshots: idOf("b24988ac-6180-42a0-ab88-20f7382dd24c"),
  };
}

function roleIn(subscriptionId: string, role: string): string {
  refuse(
    "azureBuiltInRoles",
    unlike(
      "subscriptionId",
      subscriptionId,
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      "a subscription's id, 00000000-0000-0000-0000-000000000000",
    ),
  );
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
}
