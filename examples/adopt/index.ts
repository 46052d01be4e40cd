import * as velero from "pulumi-velero";

// The bucket and the prefix that Velero uses already: `velero install --bucket backups --prefix prod`.
const location = new velero.BackupLocation("primary", {
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
    east: {
      kubeconfig: { env: "EAST_KUBECONFIG" },
      adopt: process.env.LOCATION ?? "default",
      prefix: process.env.PREFIX ?? "prod",
    },
  },
});

// It becomes as it is declared here; the backups that it has made count, and stay.
const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: "0 2 * * *",
  includedNamespaces: [process.env.NAMESPACE ?? "shop"],
  ttl: "720h",
  adopt: process.env.SCHEDULE ?? "nightly",
});

export const { scheduleName, lastSuccessfulBackup, nextRun } = nightly;
