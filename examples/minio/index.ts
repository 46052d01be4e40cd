import * as velero from "pulumi-velero";

// A server inside of one's own network, whose certificate nobody else has signed.
const location = new velero.BackupLocation("primary", {
  storage: {
    minio: {
      bucket: process.env.BUCKET ?? "backups",
      endpoint: process.env.MINIO_ENDPOINT ?? "https://minio.example.com:9000",
      caCertificate: { env: "MINIO_CA_CERTIFICATE" },
      credentials: {
        static: { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: { env: "MINIO_SECRET_KEY" } },
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
