import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// A team's namespaces over all clusters of the fleet, backed up as one.
const location = new velero.BackupLocation("fleet", {
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
    west: { kubeconfig: config.requireSecret("westKubeconfig") },
  },
  // A cluster that is down costs a warning; the next up goes on with it.
  onUnhealthy: "skip",
});

const payments = new velero.WorkspaceBackup("payments", {
  location,
  clusters: "all",
  includedNamespaces: ["payments-*", "~/-test$/"],
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  spread: "1h",
  ttl: "720h",
  maxAge: "26h",
  volumes: "none",
});

export const { phase, cadence, nextRun } = payments;
export const newest = payments.byCluster.apply((parts) =>
  Object.entries(parts ?? {}).map(
    ([cluster, part]) => `${cluster}: ${part.lastSuccessfulBackup ?? "none yet"}`,
  ),
);
