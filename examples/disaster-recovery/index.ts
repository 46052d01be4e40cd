import * as velero from "pulumi-velero";

// A stack of its own: of the old one nothing is needed but what lies in the bucket.
const location = new velero.BackupLocation("rescue", {
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
    // Never contacted. Nothing is written below its prefix, but by Velero its logs of the restore.
    old: { offline: true, prefix: process.env.OLD_PREFIX ?? "east" },
    fresh: { kubeconfig: { env: "FRESH_KUBECONFIG" }, reads: ["old"] },
  },
});

// The newest backup that ended well, of the schedule of that name; pinned, once it was taken.
const back = new velero.Restore("back", {
  backup: { location, from: "old", schedule: process.env.SCHEDULE ?? "nightly" },
  cluster: "fresh",
  verify: true, // compares every object with the backup
});

export const { backupName, created, failed, verified } = back;
