import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

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
    // Gone; what it has stored is still there.
    old: { offline: true },
  },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: "0 2 * * *",
  runNow: true,
  includedNamespaces: ["shop"],
});

// By its output the look-up waits for the schedule, and for its first backup.
export const newest = velero
  .getLatestBackupOutput({ location, cluster: "east", schedule: nightly.scheduleName })
  .apply((backup) => backup?.completionTime ?? "none yet");

// Of a cluster that is offline the store is asked.
export const kept = velero
  .getBackupsOutput({ location, cluster: "old" })
  .apply((backups) => backups.map(({ name, phase }) => `${name}: ${phase}`));

export const usedBy = velero
  .getLocationUsersOutput({ location }, { dependsOn: nightly })
  .apply(({ users }) =>
    users.map(({ kind = "by hand", name = "", stack = "" }) => `${kind} ${name} ${stack}`.trim()),
  );
