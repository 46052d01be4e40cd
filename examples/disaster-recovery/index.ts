import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// A stack of its own: of the old one nothing is needed but what lies in the bucket.
const location = new velero.BackupLocation("rescue", {
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
    // Never contacted. Nothing is written below its prefix, but by Velero its logs of the restore.
    old: { offline: true, prefix: config.get("oldPrefix") ?? "east" },
    fresh: { kubeconfig: config.requireSecret("freshKubeconfig"), reads: ["old"] },
  },
});

// The newest backup that ended well, of the schedule of that name; pinned, once it was taken.
const back = new velero.Restore("back", {
  backup: { location, from: "old", schedule: config.get("schedule") ?? "nightly" },
  cluster: "fresh",
  verify: true, // compares every object with the backup
});

export const { backupName, created, failed, verified } = back;
