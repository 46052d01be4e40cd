import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// An app registration with the role Storage Blob Data Contributor on the container. Resource group and subscription are
// for snapshots of disks. In AKS `workloadIdentity` does without a secret.
const location = new velero.BackupLocation("primary", {
  storage: {
    azure: {
      storageAccount: config.require("storageAccount"),
      container: "velero",
      resourceGroup: "backups",
      subscriptionId: "00000000-0000-0000-0000-000000000000",
      credentials: {
        servicePrincipal: {
          tenantId: "11111111-1111-1111-1111-111111111111",
          clientId: "22222222-2222-2222-2222-222222222222",
          clientSecret: config.requireSecret("azureClientSecret"),
        },
      },
    },
  },
  clusters: {
    east: { kubeconfig: config.requireSecret("eastKubeconfig") },
  },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  includedNamespaces: ["shop"],
  ttl: "720h",
});

export const { store } = location;
export const { nextRun } = nightly;
