import type { Inputs } from "@pulumi/pulumi";
import type { NodeAgentArgs, ServerIdentityArgs, VeleroServerArgs } from "../velero-server-args.ts";
import { mergeValues } from "./merge-values.ts";
import { pluginsOf, VELERO_VERSION } from "./plugins.ts";

/** Returns the values of Velero's chart for these arguments. */
export function chartValues(args: VeleroServerArgs): Inputs {
  const { stores, plugins = [], version = VELERO_VERSION, image, workloadIdentity = {} } = args;
  const labels = podLabelsOf(workloadIdentity);
  const values: Inputs = {
    image: { ...(image !== undefined && { repository: image }), tag: version },
    initContainers: pluginsOf(stores, plugins).map((plugin) => ({
      name: plugin.name,
      image: plugin.image,
      imagePullPolicy: "IfNotPresent",
      volumeMounts: [{ mountPath: "/target", name: "plugins" }],
    })),
    resources: args.resources ?? DEFAULT_RESOURCES,
    podLabels: labels,
    serviceAccount: {
      server: {
        create: true,
        name: accountNameOf(args),
        annotations: { ...annotationsOf(workloadIdentity), ...args.serviceAccount?.annotations },
      },
    },
    // A BackupLocation creates the locations, each with a Secret of its own.
    backupsEnabled: false,
    snapshotsEnabled: false,
    credentials: { useSecret: false },
    configuration: {
      backupStorageLocation: [],
      volumeSnapshotLocation: [],
      ...(args.csiSnapshots === true && { features: "EnableCSI" }),
    },
    rbac: { create: true, clusterAdministrator: !isScoped(args) },
    // Deleting the CRDs would delete all Backup and location objects, including those of other stacks.
    cleanUpCRDs: false,
    ...nodeAgentOf(args.nodeAgent ?? false, labels),
  };
  return mergeValues(values, args.values ?? {});
}

/** Returns the service account's name. By default, the chart would derive it from the release's. */
export const accountNameOf = ({ serviceAccount }: Pick<VeleroServerArgs, "serviceAccount">) =>
  serviceAccount?.name ?? "velero-server";

/** Returns true if Velero gets limited permissions instead of cluster admin. */
export const isScoped = ({ rights = "clusterAdmin" }: VeleroServerArgs): boolean => rights !== "clusterAdmin";

/** The resources of `velero install`. Azure's plugin does not start without them. */
const DEFAULT_RESOURCES = {
  requests: { cpu: "500m", memory: "128Mi" },
  limits: { cpu: "1000m", memory: "512Mi" },
};

function nodeAgentOf(nodeAgent: boolean | NodeAgentArgs, podLabels: Inputs): Inputs {
  if (nodeAgent === false) return { deployNodeAgent: false };
  return { deployNodeAgent: true, nodeAgent: { podLabels, ...(nodeAgent === true ? {} : nodeAgent) } };
}

const annotationsOf = ({ aws, gcp, azure }: ServerIdentityArgs): Inputs => ({
  ...(aws && { "eks.amazonaws.com/role-arn": aws.roleArn }),
  ...(gcp && { "iam.gke.io/gcp-service-account": gcp.serviceAccountEmail }),
  ...(azure && { "azure.workload.identity/client-id": azure.clientId }),
  ...(azure?.tenantId !== undefined && { "azure.workload.identity/tenant-id": azure.tenantId }),
});

/** Azure's webhook gives a token to pods with this label. */
const podLabelsOf = ({ azure }: ServerIdentityArgs): Inputs =>
  azure ? { "azure.workload.identity/use": "true" } : {};
