import * as velero from "pulumi-velero";

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
    east: { kubeconfig: { env: "EAST_KUBECONFIG" } },
    // Where it is proven: not where the original runs.
    dr: { kubeconfig: { env: "DR_KUBECONFIG" }, reads: ["east"] },
  },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  runNow: true,
  includedNamespaces: [process.env.NAMESPACE ?? "shop"],
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
