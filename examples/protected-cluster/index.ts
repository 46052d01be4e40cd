import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// A location, backups kept for a day, a month and a year, and every month the proof that they can be restored.
const shop = new velero.ProtectedCluster("shop", {
  location: {
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
      // Where the drill takes place.
      dr: { kubeconfig: config.requireSecret("drKubeconfig"), reads: ["east"] },
    },
  },
  cluster: "east",
  timezone: "Europe/Berlin",
  excludedNamespaces: ["scratch-*"],
  tiers: {
    // Only what changes by the hour.
    hourly: { includedNamespaces: ["shop"], volumes: "none" },
    // Beside the three that there are anyway.
    yearly: { schedule: "0 5 1 1 *", ttl: "26280h" },
  },
  drill: { cluster: "dr", includedNamespaces: ["shop"] },
});

export const { nextRun, cadence } = shop.backups.daily;
export const health = shop.health;
export const proven = shop.drill?.verified;
