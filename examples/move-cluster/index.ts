import * as velero from "pulumi-velero";

const location = new velero.BackupLocation("move", {
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
    blue: { kubeconfig: { env: "BLUE_KUBECONFIG" } },
    green: { kubeconfig: { env: "GREEN_KUBECONFIG" }, reads: ["blue"] },
  },
});

// Another round is another backup and another restore.
const triggers = [process.env.ROUND ?? "1"];

const shop = new velero.ClusterBackup("shop", {
  location,
  cluster: "blue",
  includedNamespaces: [process.env.NAMESPACE ?? "shop"],
  volumes: "fileCopy", // snapshots stay in their cloud and region; file copies go anywhere
  triggers,
});

const moved = new velero.Restore("moved", {
  backup: shop,
  cluster: "green",
  preserveNodePorts: false,
  verify: true,
  triggers,
});

export const { created, skipped, failed, verified } = moved;
