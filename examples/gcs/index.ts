import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// The key as Google hands it out (or base64 of it, as `gcp.serviceaccount.Key` has it), of an account with
// roles/storage.objectAdmin on the bucket. In GKE `workloadIdentity` does without a key.
const location = new velero.BackupLocation("primary", {
  storage: {
    gcp: {
      bucket: config.require("bucket"),
      credentials: { serviceAccountKey: config.requireSecret("googleServiceAccountKey") },
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
