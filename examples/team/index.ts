import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// examples/platform, or whichever stack exports the handle of its location.
const platform = new pulumi.StackReference(config.require("platformStack"));

// The team's own way into the cluster, and none into the store.
const location = velero.locationFrom("platform", platform.requireOutput("backups"), {
  clusters: { east: { kubeconfig: config.requireSecret("eastKubeconfig") } },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  runNow: true,
  includedNamespaces: [config.get("namespace") ?? "shop"],
  ttl: "720h",
  maxAge: "26h",
});

export const { backupName, nextRun, health } = nightly;
