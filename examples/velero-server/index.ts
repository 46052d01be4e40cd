import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// An EKS cluster that has no Velero yet. The role and its bucket are of another stack: docs/iam.md has them.
const roleArn = config.require("veleroRoleArn");
const east = new k8s.Provider("east", { kubeconfig: config.requireSecret("eastKubeconfig") });

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
      bucket: config.require("bucket"),
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
