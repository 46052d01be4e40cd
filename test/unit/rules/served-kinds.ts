import type { ServedKind } from "../../../provider/kubernetes/discovery.ts";
import { kinds } from "../kinds/restore/captured.ts";

const custom = (plural: string, group: string, kind: string, more: Partial<ServedKind> = {}): ServedKind => ({
  apiVersion: `${group}/v1`,
  kind,
  plural,
  groupResource: `${plural}.${group}`,
  isNamespaced: true,
  isListable: true,
  verbs: ["list", "get", "create", "delete"],
  singular: kind.toLowerCase(),
  shortNames: [],
  ...more,
});

/** A cluster with some definitions of its own serves these. */
export const served: readonly ServedKind[] = [
  ...kinds,
  {
    ...custom("componentstatuses", "v1", "ComponentStatus", { verbs: ["list", "get"], isNamespaced: false }),
    groupResource: "componentstatuses",
  },
  custom("widgets", "example.com", "Widget", { shortNames: ["wd"] }),
  custom("ingresses", "extensions.example.com", "Ingress"),
  custom("volumesnapshots", "snapshot.storage.k8s.io", "VolumeSnapshot", { shortNames: ["vs"] }),
  custom("volumesnapshotcontents", "snapshot.storage.k8s.io", "VolumeSnapshotContent", {
    isNamespaced: false,
  }),
];
