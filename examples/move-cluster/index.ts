import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

const location = new velero.BackupLocation("move", {
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
    blue: { kubeconfig: config.requireSecret("blueKubeconfig") },
    green: { kubeconfig: config.requireSecret("greenKubeconfig"), reads: ["blue"] },
  },
});

// Another round is another backup and another restore.
const triggers = [config.get("round") ?? "1"];

const shop = new velero.ClusterBackup("shop", {
  location,
  cluster: "blue",
  includedNamespaces: [config.get("namespace") ?? "shop"],
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
