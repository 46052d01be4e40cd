import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

// examples/platform, or whichever stack exports the handle of its location.
const platform = new pulumi.StackReference(
  process.env.PLATFORM_STACK ?? "organization/pulumi-velero-example-platform/dev",
);

// The team's own way into the cluster, and none into the store.
const location = velero.locationFrom("platform", platform.requireOutput("backups"), {
  clusters: { east: { kubeconfig: { env: "EAST_KUBECONFIG" } } },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  runNow: true,
  includedNamespaces: [process.env.NAMESPACE ?? "shop"],
  ttl: "720h",
  maxAge: "26h",
});

export const { backupName, nextRun, health } = nightly;
