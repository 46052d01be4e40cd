import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

// Where backups go, and which clusters use it. The secrets come from the environment and never enter Pulumi's state.
const location = new velero.BackupLocation("primary", {
  storage: {
    minio: {
      bucket: process.env.BUCKET ?? "backups",
      endpoint: process.env.MINIO_ENDPOINT ?? "http://127.0.0.1:9000",
      credentials: {
        static: { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: { env: "MINIO_SECRET_KEY" } },
      },
    },
  },
  clusters: {
    east: { kubeconfig: { env: "EAST_KUBECONFIG" } },
    // Sees the backups of east, so that they can be restored here.
    dr: { kubeconfig: { env: "DR_KUBECONFIG" }, reads: ["east"] },
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
if (new pulumi.Config().getBoolean("restore")) {
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
