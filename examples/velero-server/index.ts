import * as k8s from "@pulumi/kubernetes";
import * as velero from "pulumi-velero";

// An EKS cluster that has no Velero yet. The role and its bucket are of another stack: docs/iam.md has them.
const roleArn = process.env.VELERO_ROLE_ARN ?? "arn:aws:iam::123456789012:role/velero";
const east = new k8s.Provider("east", { kubeconfig: process.env.EAST_KUBECONFIG ?? "east.kubeconfig" });

const server = new velero.VeleroServer(
  "velero",
  {
    stores: ["aws"],
    // No key anywhere: Velero is that role by its service account.
    workloadIdentity: { aws: { roleArn } },
    csiSnapshots: true,
    nodeAgent: { tolerations: [{ operator: "Exists" }] },
    resources: { requests: { cpu: "500m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    // It may read everything, snapshot volumes, and restore Kubernetes' own kinds: no roles, no custom resources.
    rights: {
      restores: [
        { apiGroups: ["", "apps", "batch", "discovery.k8s.io", "networking.k8s.io"], resources: ["*"] },
      ],
    },
  },
  { provider: east },
);

// It waits until Velero is up.
const location = new velero.BackupLocation("primary", {
  storage: {
    aws: {
      bucket: process.env.BUCKET ?? "acme-backups",
      region: "eu-west-1",
      credentials: { workloadIdentity: { roleArn } },
    },
  },
  clusters: { east: server.cluster },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00" }),
  volumes: "moveData",
  includedNamespaces: ["shop"],
});

export const { nextRun } = nightly;
