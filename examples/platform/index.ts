import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// The platform's: the only stack that has the keys of the store.
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
    west: { kubeconfig: config.requireSecret("westKubeconfig") },
  },
});

// All that a team's stack needs of it: no secret and no way into a cluster is in here.
export const backups = location.handle;
