import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

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
    east: { kubeconfig: config.requireSecret("eastKubeconfig") },
    // Where it is proven: not where the original runs.
    dr: { kubeconfig: config.requireSecret("drKubeconfig"), reads: ["east"] },
  },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  runNow: true,
  includedNamespaces: [config.get("namespace") ?? "shop"],
  ttl: "720h",
});

// Under another name and without a running workload; compared object by object, and cleared away.
const drill = new velero.Restore("drill", {
  backup: nightly,
  cluster: "dr",
  namespaceMapping: { "*": "*-drill" },
  drill: true,
  triggers: [new Date().toISOString().slice(0, 7)], // another month, another drill
});

export const proven = drill.backupName;
export const { verified } = drill;
