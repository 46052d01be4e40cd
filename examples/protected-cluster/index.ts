import * as velero from "pulumi-velero";

// A location, backups kept for a day, a month and a year, and every month the proof that they can be restored.
const shop = new velero.ProtectedCluster("shop", {
  location: {
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
      // Where the drill takes place.
      dr: { kubeconfig: { env: "DR_KUBECONFIG" }, reads: ["east"] },
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
