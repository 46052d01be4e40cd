import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// The bucket and the prefix that Velero uses already: `velero install --bucket backups --prefix prod`.
const location = new velero.BackupLocation("primary", {
  storage: {
    minio: {
      bucket: config.require("bucket"),
      endpoint: config.require("minioEndpoint"),
      credentials: {
        static: {
          accessKeyId: config.requireSecret("minioAccessKey"),
          secretAccessKey: config.requireSecret("minioSecretKey"),
        },
      },
    },
  },
  clusters: {
    east: {
      kubeconfig: config.requireSecret("eastKubeconfig"),
      adopt: config.get("location") ?? "default",
      prefix: config.get("prefix") ?? "prod",
    },
  },
});

// It becomes as it is declared here; the backups that it has made count, and stay.
const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: "0 2 * * *",
  includedNamespaces: [config.get("namespace") ?? "shop"],
  ttl: "720h",
  adopt: config.get("schedule") ?? "nightly",
});

export const { scheduleName, lastSuccessfulBackup, nextRun } = nightly;
