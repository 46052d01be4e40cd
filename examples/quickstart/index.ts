import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// Where backups go, and which clusters use it. Pulumi keeps what is secret encrypted.
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
    // Sees the backups of east, so that they can be restored here.
    dr: { kubeconfig: config.requireSecret("drKubeconfig"), reads: ["east"] },
  },
});

// One backup, taken now and waited for.
const now = new velero.ClusterBackup("shop-now", {
  location,
  cluster: "east",
  includedNamespaces: ["shop"],
  ttl: "720h",
});

// And one every night.
const nightly = new velero.ClusterBackup("shop-nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  includedNamespaces: ["shop"],
  ttl: "720h",
});

// After a disaster: `pulumi config set restore true`. What is restored stays, also when these two go again.
if (config.getBoolean("restore")) {
  new velero.Restore("shop-back", { backup: now, cluster: "east" });
  new velero.Restore("shop-copy", {
    backup: now,
    cluster: "dr",
    namespaceMapping: { shop: "shop-copy" },
    verify: true,
  });
}

export const backup = now.backupName;
export const items = now.itemsBackedUp;
export const nextRun = nightly.nextRun;
