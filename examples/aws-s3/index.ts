import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// The key needs the rights that Velero's plugin for AWS asks for, on this bucket alone.
const location = new velero.BackupLocation("primary", {
  storage: {
    aws: {
      bucket: config.require("bucket"),
      prefix: "clusters",
      region: "eu-west-1",
      credentials: {
        static: {
          accessKeyId: config.requireSecret("awsAccessKeyId"),
          secretAccessKey: config.requireSecret("awsSecretAccessKey"),
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
