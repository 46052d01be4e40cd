import * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs } from "./backup-location.ts";
import { server } from "./rbac/server.ts";
import { accountNameOf, chartValues, isScoped } from "./server/chart-values.ts";
import { serverProblems } from "./server/server-problems.ts";
import type { ServerChartArgs, VeleroServerArgs } from "./velero-server-args.ts";

/** A cluster of a BackupLocation, with the Velero that a {@link VeleroServer} has installed there. */
export type VeleroServerCluster = Required<Pick<ClusterArgs, "provider" | "namespace" | "dependsOn">>;

/**
 * Velero itself, in a cluster that has none: its Helm chart, by `@pulumi/kubernetes`, which has to be among the
 * program's packages and is loaded when one of these is made. The cluster is that of the `k8s.Provider` among the
 * options; it has to have a kubeconfig, by which the locations and backups come there, too.
 *
 * It makes a Helm release (`<name>`), and with `rights` a ClusterRole and its binding. It makes no location:
 * {@link BackupLocation} does, and waits for Velero, by `server.cluster`.
 *
 * It is a `helm.v3.Release` and no `Chart`, since Helm leaves Velero's CRDs, and with them all that Velero knows of its
 * backups, in the cluster when it goes, runs the chart's own upgrade of them, and renders without a cluster in a
 * preview. So a destroy takes Velero's server away, and neither the namespace nor what is stored, nor other stacks'
 * objects. Nothing is backed up any more; installed again, Velero goes on where it was.
 *
 * All that is wrong with plain values is thrown at once.
 *
 * @example
 * ```ts
 * const east = new k8s.Provider("east", { kubeconfig });
 * const server = new velero.VeleroServer("velero", { stores: ["minio"] }, { provider: east });
 * const location = new velero.BackupLocation("primary", { storage, clusters: { east: server.cluster } });
 * ```
 *
 * @example On EKS without any key, with file copies, and no more rights than backups take
 * ```ts
 * const server = new velero.VeleroServer(
 *   "velero",
 *   {
 *     stores: ["aws"],
 *     workloadIdentity: { aws: { roleArn: role.arn } },
 *     nodeAgent: true,
 *     rights: {},
 *   },
 *   { provider: east },
 * );
 * const dr = { provider: drProvider, reads: ["east"] as const };
 * new velero.BackupLocation("primary", {
 *   storage: { aws: { bucket, region, credentials: { workloadIdentity: { roleArn: role.arn } } } },
 *   clusters: { east: server.cluster, dr },
 * });
 * ```
 */
export class VeleroServer extends pulumi.ComponentResource {
  /** @internal */
  static readonly __pulumiType = "velero:index:VeleroServer";

  /** Velero's namespace, known before it is there. */
  readonly namespace: pulumi.Output<string>;
  /**
   * The cluster, for a BackupLocation's `clusters`: the way to it, Velero's namespace, and that Velero has to be up.
   * More can be said beside it: `{ ...server.cluster, reads: ["east"] }`.
   */
  readonly cluster: VeleroServerCluster;

  constructor(name: string, args: VeleroServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(VeleroServer.__pulumiType, name, {}, opts);
    const provider = this.getProvider("kubernetes:helm.sh/v3:Release");
    const problems = [...serverProblems(args), ...(provider === undefined ? [WITHOUT_PROVIDER] : [])];
    if (provider === undefined || problems.length > 0)
      throw new Error(problems.map((problem) => `VeleroServer "${name}": ${problem}`).join("\n"));

    const { namespace = "velero", createNamespace = true, releaseName = "velero", timeout } = args;
    const { Release, ClusterRole, ClusterRoleBinding } = kubernetesKinds();
    this.namespace = pulumi.output(namespace);
    this.cluster = { provider, namespace: this.namespace, dependsOn: this };

    const child = { parent: this };
    const rights: pulumi.Resource[] = [];
    if (isScoped(args)) {
      const { rights: said, csiSnapshots = false } = args;
      const manifest = server({
        ...(typeof said === "object" && said),
        csiSnapshots,
        name: pulumi.interpolate`velero-server-${namespace}`,
      });
      const role = new ClusterRole(`${name}-rights`, manifest, child);
      const { name: roleName } = manifest.metadata;
      // Not the chart's, which could not be turned into this one: what a binding refers to never changes.
      rights.push(
        new ClusterRoleBinding(
          `${name}-rights`,
          {
            metadata: { name: roleName },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: roleName },
            subjects: [{ kind: "ServiceAccount", name: accountNameOf(args), namespace }],
          },
          { ...child, dependsOn: role },
        ),
      );
    }
    new Release(
      name,
      {
        ...chartOf(args.chart),
        name: releaseName,
        namespace,
        createNamespace,
        values: chartValues(args),
        ...(timeout !== undefined && { timeout }),
      },
      // Under another name it has objects of equal names all the same, which Helm leaves to their release.
      { ...child, dependsOn: rights, deleteBeforeReplace: true },
    );
    this.registerOutputs({ namespace: this.namespace });
  }
}

const WITHOUT_PROVIDER =
  "there is no k8s.Provider among its options, and which cluster is meant is never guessed. " +
  "Give `{ provider }`, one that has a kubeconfig.";

const CHART_VERSION = "12.1.0";

function chartOf({ version = CHART_VERSION, repository, path }: ServerChartArgs = {}) {
  if (path !== undefined) return { chart: path, version };
  const repo = repository ?? "https://vmware-tanzu.github.io/helm-charts";
  return { chart: "velero", version, repositoryOpts: { repo } };
}

/** Only here, since a program without a VeleroServer can do without the package. */
function kubernetesKinds() {
  try {
    const { helm, rbac } = require("@pulumi/kubernetes") as typeof import("@pulumi/kubernetes");
    const { ClusterRole, ClusterRoleBinding } = rbac.v1;
    return { Release: helm.v3.Release, ClusterRole, ClusterRoleBinding };
  } catch (error) {
    throw new Error(
      "VeleroServer needs the package @pulumi/kubernetes, and it cannot be loaded. " +
        "Run `npm install @pulumi/kubernetes` in the Pulumi program's folder.",
      { cause: error },
    );
  }
}
