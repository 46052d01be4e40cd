import * as velero from "pulumi-velero";

// The platform's: the only stack that has the keys of the store.
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
    west: { kubeconfig: { env: "WEST_KUBECONFIG" } },
  },
});

// All that a team's stack needs of it: no secret and no way into a cluster is in here.
export const backups = location.handle;
