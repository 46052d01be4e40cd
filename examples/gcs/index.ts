import * as velero from "pulumi-velero";

// The key as Google hands it out (or base64 of it, as `gcp.serviceaccount.Key` has it), of an account with
// roles/storage.objectAdmin on the bucket. In GKE `workloadIdentity` does without a key.
const location = new velero.BackupLocation("primary", {
  storage: {
    gcp: {
      bucket: process.env.BUCKET ?? "acme-backups",
      credentials: { serviceAccountKey: { env: "GOOGLE_SERVICE_ACCOUNT_KEY" } },
    },
  },
  clusters: {
    east: { kubeconfig: { env: "EAST_KUBECONFIG" } },
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
