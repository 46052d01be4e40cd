import * as velero from "pulumi-velero";

// The key needs the rights that Velero's plugin for AWS asks for, on this bucket alone. Neither part of it enters state.
const location = new velero.BackupLocation("primary", {
  storage: {
    aws: {
      bucket: process.env.BUCKET ?? "acme-backups",
      prefix: "clusters",
      region: "eu-west-1",
      credentials: {
        static: {
          accessKeyId: { env: "AWS_ACCESS_KEY_ID" },
          secretAccessKey: { env: "AWS_SECRET_ACCESS_KEY" },
        },
      },
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
