import type { Input, Output } from "@pulumi/pulumi";
import { fromInputs } from "./from-inputs.ts";
import { refuse, unlike } from "./problems.ts";

/** The permissions of a custom Google Cloud role. */
export interface GcpRoleArgs {
  /**
   * Id of the role. Two roles of one project need different ids.
   *
   * @default `velero.server`
   */
  roleId?: Input<string>;
  /**
   * Title of the role, up to 100 characters.
   *
   * @default `Velero Server`
   */
  title?: Input<string>;
  /**
   * If true, the role may read, write, list and delete objects. Bind such a role to the bucket
   * (`gcp.storage.BucketIAMMember`): bound to the project, it applies to every bucket there.
   *
   * @default true
   */
  objects?: Input<boolean>;
  /**
   * If true, the role may make snapshots of persistent disks. Bind the role to the project of the disks.
   *
   * @default false
   */
  volumeSnapshots?: Input<boolean>;
  /**
   * If true, the role may sign URLs without a key. With `workloadIdentity`, Velero needs that for `velero backup logs`,
   * `describe` and `download`, and for the files that this library reads through Velero. Bind the role to Velero's own
   * service account (`gcp.serviceaccount.IAMMember`): bound to the project, it could sign for every account there.
   *
   * @default false
   */
  signedUrls?: Input<boolean>;
  /**
   * If true, this library can read the bucket's versioning, retention, encryption and lifecycle rules. It then warns of
   * settings with which backups are lost or cannot be deleted. Velero itself does not need this.
   *
   * @default false
   */
  bucketSettings?: Input<boolean>;
}

/** The arguments of `gcp.projects.IAMCustomRole`. */
export interface GcpRole {
  /** Id of the role, unique in the project. */
  roleId: Output<string>;
  /** Title of the role. */
  title: Output<string>;
  /** Description of the role. */
  description: Output<string>;
  /** Permissions of the role. */
  permissions: Output<string[]>;
}

/**
 * Returns the custom role of the service account with which Velero and this library access Google Cloud: the arguments
 * of `gcp.projects.IAMCustomRole`. The permissions are those that Velero's plugin for GCP documents
 * ([README](https://github.com/vmware-tanzu/velero-plugin-for-gcp#set-permissions-for-velero)), which binds all of them
 * to the project. With several roles, each can be bound only where it is needed.
 *
 * Throws for an invalid role id, and if nothing is allowed.
 *
 * @example
 * ```ts
 * const role = new gcp.projects.IAMCustomRole("velero", velero.iam.gcpRole({}));
 * new gcp.storage.BucketIAMMember("velero", {
 *   bucket: bucket.name,
 *   role: role.name,
 *   member: pulumi.interpolate`serviceAccount:${account.email}`,
 * });
 * ```
 */
export function gcpRole(args: GcpRoleArgs): GcpRole {
  const role = fromInputs(args, gcpRoleOf);
  return {
    roleId: role.apply(({ roleId }) => roleId),
    title: role.apply(({ title }) => title),
    description: role.apply(({ description }) => description),
    permissions: role.apply(({ permissions }) => permissions),
  };
}

interface GcpRights {
  roleId?: string | undefined;
  title?: string | undefined;
  objects?: boolean | undefined;
  volumeSnapshots?: boolean | undefined;
  signedUrls?: boolean | undefined;
  bucketSettings?: boolean | undefined;
}

export function gcpRoleOf({
  roleId = "velero.server",
  title = "Velero Server",
  objects = true,
  volumeSnapshots = false,
  signedUrls = false,
  bucketSettings = false,
}: GcpRights) {
  const permissions = [
    ...(objects ? OBJECTS : []),
    ...(volumeSnapshots ? VOLUMES : []),
    ...(signedUrls ? ["iam.serviceAccounts.signBlob"] : []),
    ...(bucketSettings ? ["storage.buckets.get"] : []),
  ];
  refuse(
    "gcpRole",
    unlike("roleId", roleId, /^[\w.]{3,64}$/, "3 to 64 letters, digits, dots and underscores"),
    unlike("title", title, /^[^]{1,100}$/, "1 to 100 characters"),
    permissions.length === 0 && "the role would allow nothing: `objects` is false, and so is all the rest.",
  );
  return { roleId, title, description: "What Velero needs for backups, restores and deletions", permissions };
}

/** Overwriting an object needs both delete and create. */
const OBJECTS = [
  "storage.objects.create",
  "storage.objects.delete",
  "storage.objects.get",
  "storage.objects.list",
];

const VOLUMES = [
  "compute.disks.get",
  "compute.disks.create",
  "compute.disks.createSnapshot",
  "compute.projects.get",
  "compute.snapshots.get",
  "compute.snapshots.create",
  "compute.snapshots.useReadOnly",
  "compute.snapshots.delete",
  "compute.snapshots.setLabels",
  "compute.zones.get",
];
