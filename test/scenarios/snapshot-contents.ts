import type { SandboxCluster } from "../sandbox/sandbox.ts";

export const SNAPSHOT_CONTENTS = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents";

/** The kind, without the controllers of it. */
export async function serveSnapshotContents({ kubernetes }: SandboxCluster): Promise<void> {
  const [group, plural] = ["snapshot.storage.k8s.io", "volumesnapshotcontents"];
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await kubernetes.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        "api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter/pull/665",
      },
    },
    spec: {
      group,
      scope: "Cluster",
      names: {
        plural,
        singular: "volumesnapshotcontent",
        kind: "VolumeSnapshotContent",
        listKind: "VolumeSnapshotContentList",
      },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
}

/** As Velero's restore of a CSI snapshot leaves it. */
export const createSnapshotContent = (
  { kubernetes }: SandboxCluster,
  name: string,
  { namespace, restore }: { namespace: string; restore: string },
) =>
  kubernetes.create(SNAPSHOT_CONTENTS, {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotContent",
    metadata: { name, labels: { "velero.io/restore-name": restore } },
    spec: {
      deletionPolicy: "Retain",
      driver: "played.csi.example.com",
      source: { snapshotHandle: "1" },
      volumeSnapshotRef: { name, namespace },
    },
  });
