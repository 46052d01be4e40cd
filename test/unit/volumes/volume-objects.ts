import type { Claim, Pod, Volume, VolumeObjects } from "../../../provider/volumes/volume-objects.ts";

interface ClaimParts {
  phase?: string;
  volume?: string;
  storageClass?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  block?: boolean;
}

/** A claim by its place, `shop/data`. It is bound to `pv-data` unless said otherwise. */
export function claim(place: string, parts: ClaimParts = {}): Claim {
  const [namespace = "", name = ""] = place.split("/");
  const { phase = "Bound", labels, annotations, block = false } = parts;
  return {
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: {
      ...(phase === "Pending" ? {} : { volumeName: parts.volume ?? `pv-${name}` }),
      storageClassName: parts.storageClass ?? "dir",
      volumeMode: block ? "Block" : "Filesystem",
      accessModes: ["ReadWriteOnce"],
    },
    status: { phase },
  };
}

interface PodParts {
  phase?: string;
  annotations?: Record<string, string>;
  /** What it does with the volume in its container. */
  uses?: "mounts" | "attaches" | "nothing";
}

/** A pod by its place, that calls its one claim by the claim's own name. It runs unless said otherwise. */
export function pod(place: string, claimed: string, parts: PodParts = {}): Pod {
  const [namespace = "", name = ""] = place.split("/");
  const { phase = "Running", annotations, uses = "mounts" } = parts;
  const used = { name: claimed };
  return {
    metadata: { name, namespace, ...(annotations && { annotations }) },
    spec: {
      ...(phase === "Pending" ? {} : { nodeName: "node" }),
      volumes: [{ name: claimed, persistentVolumeClaim: { claimName: claimed } }, { name: "scratch" }],
      containers: [
        {
          volumeMounts: [...(uses === "mounts" ? [used] : []), { name: "scratch" }],
          ...(uses === "attaches" && { volumeDevices: [used] }),
        },
      ],
    },
    status: { phase },
  };
}

/** A PersistentVolume with this source. */
export const volume = (name: string, source: object = { local: { path: "/mnt" } }): Volume => ({
  metadata: { name },
  spec: { capacity: { storage: "1Gi" }, storageClassName: "dir", ...source },
});

export const csi = { csi: { driver: "dir.csi.test" } };
export const hostPath = { hostPath: { path: "/mnt" } };

/** What a backup holds. */
export const objects = (claims: Claim[], pods: Pod[] = [], volumes: Volume[] = []): VolumeObjects => ({
  claims,
  pods,
  volumes,
});
