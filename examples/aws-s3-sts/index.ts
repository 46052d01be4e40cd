import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

// No key in the cluster reaches the bucket: this one may do nothing but assume the role, which Velero does by itself and
// again before its temporary keys end. In EC2 or EKS `source` can be the node's role or the service account's token.
const location = new velero.BackupLocation("primary", {
  storage: {
    aws: {
      bucket: config.require("bucket"),
      region: "eu-west-1",
      credentials: {
        sts: {
          roleArn: "arn:aws:iam::123456789012:role/velero",
          externalId: "acme-production",
          source: {
            static: {
              accessKeyId: config.requireSecret("awsAccessKeyId"),
              secretAccessKey: config.requireSecret("awsSecretAccessKey"),
            },
          },
        },
      },
    },
  },
  clusters: {
    east: { kubeconfig: config.requireSecret("eastKubeconfig") },
  },
});

const nightly = new velero.ClusterBackup("nightly", {
  location,
  cluster: "east",
  schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
  includedNamespaces: ["shop"],
  ttl: "720h",
});

export const { store } = location;
export const { nextRun } = nightly;
