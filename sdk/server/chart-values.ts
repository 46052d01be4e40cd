import type { Inputs } from "@pulumi/pulumi";
import type { NodeAgentArgs, ServerIdentityArgs, VeleroServerArgs } from "../velero-server-args.ts";
import { mergeValues } from "./merge-values.ts";
import { pluginsOf, VELERO_VERSION } from "./plugins.ts";

/** The values of Velero's chart that the arguments come to. */
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
    // A BackupLocation makes the locations, each with a Secret of its own.
    backupsEnabled: false,
    snapshotsEnabled: false,
    credentials: { useSecret: false },
    configuration: {
      backupStorageLocation: [],
      volumeSnapshotLocation: [],
      ...(args.csiSnapshots === true && { features: "EnableCSI" }),
    },
    rbac: { create: true, clusterAdministrator: !isScoped(args) },
    // With the CRDs would go all Backup and location objects, of other stacks, too.
    cleanUpCRDs: false,
    ...nodeAgentOf(args.nodeAgent ?? false, labels),
  };
  return mergeValues(values, args.values ?? {});
}

/** The service account's name, which the chart would make of the release's. */
export const accountNameOf = ({ serviceAccount }: Pick<VeleroServerArgs, "serviceAccount">) =>
  serviceAccount?.name ?? "velero-server";

/** Whether Velero gets rights of its own making, and not all there are. */
export const isScoped = ({ rights = "clusterAdmin" }: VeleroServerArgs): boolean => rights !== "clusterAdmin";

/** Those of `velero install`. Azure's plugin does not start without. */
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

/** By which Azure's webhook knows the pods that get a token. */
const podLabelsOf = ({ azure }: ServerIdentityArgs): Inputs =>
  azure ? { "azure.workload.identity/use": "true" } : {};
