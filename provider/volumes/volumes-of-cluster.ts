import type { KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden, isOfOneKind, KubernetesError } from "../kubernetes/kubernetes-error.ts";
import {
  daemonSets,
  type KubernetesObject,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type ResourceType,
  snapshotLocations,
  storageClasses,
  volumeSnapshotClasses,
} from "../kubernetes/resources.ts";
import { getServerDeployment, serverContainer, type ServerDeployment } from "../velero/server.ts";
import type { StorageClass, VolumeSnapshotClass } from "./expect-way.ts";
import type { Means } from "./judge-claims.ts";
import { type Claim, claimOf, type Pod, type Volume, type VolumeObjects } from "./volume-objects.ts";

/** The claims of a cluster, and what the cluster has to save them. */
export interface VolumesOfCluster {
  /** Undefined if one of these kinds cannot be listed. */
  objects: VolumeObjects | undefined;
  means: Means;
  /** The defaults of Velero's server, from its Deployment. Undefined if the Deployment cannot be read. */
  defaults: ServerDefaults | undefined;
  /** True if these credentials may not read that Deployment. */
  isServerHidden: boolean;
}

interface ServerDefaults {
  csi: boolean;
  defaultVolumesToFsBackup: boolean;
  snapshotMoveData: boolean;
}

/**
 * Reads the volumes of a cluster, and the Velero in that namespace, by lists alone. `snapshots: true` also reads what
 * snapshots need. What these credentials may not read stays undefined.
 */
export async function volumesOfCluster(
  client: KubernetesClient,
  namespace: string,
  { snapshots }: { snapshots: boolean },
): Promise<VolumesOfCluster> {
  const [claims, users, volumes, agents, means] = await Promise.all([
    list<Claim>(persistentVolumeClaims),
    list<Pod>(pods),
    list<Volume>(persistentVolumes),
    Promise.all(NODE_AGENTS.map((name) => client.get({ type: daemonSets, name, namespace }).catch(hidden))),
    snapshots ? snapshotMeans() : undefined,
  ]);
  const { server, ...rest } = means ?? {};
  const defaults = server && server !== "hidden" ? defaultsOf(server) : undefined;
  return {
    objects:
      claims && users && volumes
        ? { claims, pods: users.filter(usesClaims).map(trimmed), volumes }
        : undefined,
    means: {
      ...rest,
      csi: defaults?.csi,
      nodeAgent: agents.includes("hidden") ? undefined : agents.some((agent) => agent !== undefined),
    },
    defaults,
    isServerHidden: server === "hidden",
  };

  async function snapshotMeans() {
    const [locations, snapshotClasses, classes, server] = await Promise.all([
      list(snapshotLocations, namespace),
      list<VolumeSnapshotClass>(volumeSnapshotClasses),
      list<StorageClass>(storageClasses),
      getServerDeployment(client, namespace).catch(hidden),
    ]);
    return {
      locations: locations?.map(({ metadata }) => metadata.name),
      snapshotClasses,
      storageClasses: classes,
      server,
    };
  }

  /** Lists the objects of a kind. A kind that the cluster does not serve has no objects. */
  async function list<T extends KubernetesObject>(
    type: ResourceType,
    within?: string,
  ): Promise<T[] | undefined> {
    const scope = within === undefined ? { type } : { type, namespace: within };
    return client.list<T>(scope).then(
      ({ items }) => items,
      (error: unknown) => {
        if (error instanceof KubernetesError && error.reason === "NotFound") return [];
        if (!isOfOneKind(error)) hidden(error);
        return undefined;
      },
    );
  }
}

function hidden(error: unknown): "hidden" {
  if (isForbidden(error)) return "hidden";
  throw error;
}

const usesClaims = ({ metadata, spec }: Pod): boolean =>
  (spec?.volumes ?? []).some((volume) => claimOf(volume, metadata.name) !== undefined);

/** Drops the rest of a pod: a whole pod is large, and shared lists stay in memory for the life of the process. */
const trimmed = ({ metadata, spec, status }: Pod): Pod => ({
  metadata: {
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
  },
  spec: {
    ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }),
    volumes: spec?.volumes ?? [],
    containers: (spec?.containers ?? []).map(({ volumeMounts = [], volumeDevices = [] }) => ({
      volumeMounts,
      volumeDevices,
    })),
  },
  status: { phase: status?.phase ?? "" },
});

/**
 * Reads the flags of Velero's server (velero 1.18 `pkg/cmd/server/config/config.go`). A Deployment without replicas
 * gives no facts.
 */
function defaultsOf(deployment: ServerDeployment): ServerDefaults | undefined {
  if (deployment.spec?.replicas === 0) return undefined;
  const container = serverContainer(deployment);
  if (!container) return undefined;
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const flag = (name: string): string | undefined => {
    const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    const word = words[at];
    if (word === undefined) return undefined;
    return word.includes("=") ? word.slice(word.indexOf("=") + 1) : (words[at + 1] ?? "");
  };
  const isOn = (name: string): boolean => {
    const value = flag(name);
    return value !== undefined && value !== "false";
  };
  return {
    csi: (flag("features") ?? "").split(",").includes("EnableCSI"),
    defaultVolumesToFsBackup: isOn("default-volumes-to-fs-backup"),
    snapshotMoveData: isOn("default-snapshot-move-data"),
  };
}

/** The names that Velero's chart and its own installer give the DaemonSets. Windows nodes have one of their own. */
export const NODE_AGENTS = ["node-agent", "node-agent-windows"];
