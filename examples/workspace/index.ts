import * as velero from "pulumi-velero";

// A team's namespaces over all clusters of the fleet, backed up as one.
const location = new velero.BackupLocation("fleet", {
  storage: {
    minio: {
      bucket: process.env.BUCKET ?? "backups",
      endpoint: process.env.MINIO_ENDPOINT ?? "https://minio.example.com:9000",
      credentials: {
        static: { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: { env: "MINIO_SECRET_KEY" } },
      },
    },
  },
  clusters: {
    east: { kubeconfig: { env: "EAST_KUBECONFIG" } },
    west: { kubeconfig: { env: "WEST_KUBECONFIG" } },
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
