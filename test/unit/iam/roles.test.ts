import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { iam } from "../../../sdk/index.ts";
import { azure, gcp } from "./documented.ts";
import { valueOf } from "./value-of.ts";

const all = (...lists: string[][]) => [...new Set(lists.flat())].toSorted();

describe("iam.gcpRole", () => {
  const permissionsOf = async (args: iam.GcpRoleArgs) =>
    (await valueOf(iam.gcpRole(args).permissions)).toSorted();

  test("allows the objects of a bucket, as Velero's plugin documents it", async () => {
    expect(await permissionsOf({})).toEqual(all(gcp.objects));
  });

  test("with everything is the role that the plugin documents", async () => {
    expect(await permissionsOf({ volumeSnapshots: true, signedUrls: true })).toEqual(
      all(gcp.objects, gcp.snapshots, gcp.signing),
    );
  });

  test("can be one of several, each to be bound where it is needed", async () => {
    expect(await permissionsOf({ objects: false, volumeSnapshots: true })).toEqual(all(gcp.snapshots));
    expect(await permissionsOf({ objects: false, signedUrls: true })).toEqual(gcp.signing);
  });

  test("reads the bucket's own settings where that is asked for: no list of Velero's, but what our preview warns by", async () => {
    expect(await permissionsOf({ bucketSettings: true })).toEqual(all(gcp.objects, ["storage.buckets.get"]));
  });

  test("has an id and a title, the documented ones unless told otherwise", async () => {
    const role = iam.gcpRole({});
    expect(Object.keys(role)).toEqual(["roleId", "title", "description", "permissions"]);
    expect([await valueOf(role.roleId), await valueOf(role.title)]).toEqual([
      "velero.server",
      "Velero Server",
    ]);
    const other = iam.gcpRole({ roleId: pulumi.output("velero.snapshots"), title: "Velero Snapshots" });
    expect([await valueOf(other.roleId), await valueOf(other.title)]).toEqual([
      "velero.snapshots",
      "Velero Snapshots",
    ]);
  });

  test.each(["ve", "velero-server", "roles/velero", "v".repeat(65)])("%j is no role's id", (roleId) => {
    expect(() => iam.gcpRole({ roleId })).toThrow(
      `iam.gcpRole: \`roleId\` is ${JSON.stringify(roleId)}, and must be 3 to 64`,
    );
  });

  test("has to allow something", () => {
    expect(() => iam.gcpRole({ objects: false })).toThrow("iam.gcpRole: the role would allow nothing");
  });
});

const subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333";

describe("iam.azureRole", () => {
  const rightsOf = async (args: Omit<iam.AzureRoleArgs, "assignableScopes">) => {
    const role = iam.azureRole({ assignableScopes: [subscription], ...args });
    const [permission, ...more] = await valueOf(role.permissions);
    expect(more).toEqual([]);
    const { actions = [], dataActions = [] } = permission ?? {};
    expect([new Set(actions).size, Object.keys(permission ?? {})]).toEqual([
      actions.length,
      ["actions", "dataActions"],
    ]);
    return { actions: actions.toSorted(), dataActions: dataActions.toSorted() };
  };

  test("allows an identity the blobs, as Velero's plugin documents it", async () => {
    expect(await rightsOf({})).toEqual({ actions: all(azure.identity), dataActions: all(azure.data) });
  });

  test("with snapshots of disks allows what the plugin documents for them", async () => {
    expect(await rightsOf({ volumeSnapshots: true })).toEqual({
      actions: all(azure.identity, azure.disks),
      dataActions: all(azure.data),
    });
    expect(await rightsOf({ blobs: false, volumeSnapshots: true })).toEqual({
      actions: all(azure.disks),
      dataActions: [],
    });
  });

  test("with everything is the role that the plugin documents, but for making new keys, which nothing of Velero's does", async () => {
    const { actions, dataActions } = await rightsOf({ volumeSnapshots: true, accountKeys: true });
    const documented = all(azure.identity, azure.disks, azure.keys);
    expect(documented.filter((action) => !actions.includes(action))).toEqual([
      "Microsoft.Storage/storageAccounts/regeneratekey/action",
    ]);
    expect(actions.filter((action) => !documented.includes(action))).toEqual([]);
    expect(dataActions).toEqual(all(azure.data));
  });

  test("is defined in the first scope, and can be assigned in all", async () => {
    const group = `${subscription}/resourceGroups/mc_shop_east`;
    const role = iam.azureRole({
      assignableScopes: [pulumi.output(group), subscription],
      roleName: "Velero of shop",
    });
    expect(await valueOf(pulumi.output(role))).toMatchObject({
      roleName: "Velero of shop",
      roleType: "CustomRole",
      scope: group,
      assignableScopes: [group, subscription],
    });
  });

  test.each([
    "0b1f6471-1bf0-4dda-aec3-111122223333",
    "/subscriptions/shop",
    `${subscription}/`,
    `${subscription}/resourceGroups/backups/providers/Microsoft.Storage/storageAccounts/acme`,
    "/providers/Microsoft.Management/managementGroups/acme",
    "*",
  ])("%j is no scope of a role with such rights", (scope) => {
    expect(() => iam.azureRole({ assignableScopes: [subscription, scope] })).toThrow(
      `iam.azureRole: \`assignableScopes[1]\` is ${JSON.stringify(scope)}, and must be /subscriptions/<id>`,
    );
  });

  test("has to allow something, and somewhere", () => {
    expect(() => iam.azureRole({ assignableScopes: [], blobs: false })).toThrow(
      /`assignableScopes` is empty[^]*\niam\.azureRole: the role would allow nothing/,
    );
  });
});

describe("iam.azureBuiltInRoles", () => {
  test("are those that the plugin names, by the ids that Azure gave them", async () => {
    const id = subscription.replace("/subscriptions/", "");
    const { blobs, volumeSnapshots } = iam.azureBuiltInRoles(pulumi.output(id));
    const definition = `${subscription}/providers/Microsoft.Authorization/roleDefinitions`;
    expect([await valueOf(blobs), await valueOf(volumeSnapshots)]).toEqual([
      `${definition}/ba92f5b4-2d11-453d-a403-e96b0029c9fe`,
      `${definition}/b24988ac-6180-42a0-ab88-20f7382dd24c`,
    ]);
  });

  test("want the bare id of a subscription", () => {
    expect(() => iam.azureBuiltInRoles(subscription)).toThrow(
      `iam.azureBuiltInRoles: \`subscriptionId\` is "${subscription}", and must be a subscription's id`,
    );
  });
});
