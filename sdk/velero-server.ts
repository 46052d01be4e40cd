import * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs } from "./backup-location.ts";
import { server } from "./rbac/server.ts";
import { accountNameOf, chartValues, isScoped } from "./server/chart-values.ts";
import { serverProblems } from "./server/server-problems.ts";
import type { ServerChartArgs, VeleroServerArgs } from "./velero-server-args.ts";

/** A cluster of a BackupLocation, with the Velero that a {@link VeleroServer} has installed there. */
export type VeleroServerCluster = Required<Pick<ClusterArgs, "provider" | "namespace" | "dependsOn">>;

/**
 * Velero itself, for a cluster without it: its Helm chart, through `@pulumi/kubernetes`. That package has to be one of
 * the program's packages, and is loaded when the first VeleroServer is created. The cluster is that of the
 * `k8s.Provider` in the options. The provider has to have a kubeconfig, because the locations and backups use it as
 * well.
 *
 * It creates a Helm release (`<name>`), and with `rights` a ClusterRole and its binding. It creates no location:
 * {@link BackupLocation} does, and waits for Velero through `server.cluster`.
 *
 * It is a `helm.v3.Release` and no `Chart`: Helm leaves Velero's CRDs, and with them all of Velero's backup objects, in
 * the cluster when the release is removed. Helm also runs the chart's own upgrade of the CRDs, and renders without a
 * cluster in a preview. So a destroy removes Velero's server, but neither the namespace, nor stored data, nor other
 * stacks' objects. Nothing is backed up after that. When Velero is installed again, it continues with the existing
 * objects.
 *
 * All problems of plain values are thrown at once.
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

  /** Velero's namespace. It is known before it exists. */
  readonly namespace: pulumi.Output<string>;
  /**
   * The cluster for a BackupLocation's `clusters`: its connection, Velero's namespace, and the dependency on Velero.
   * Other settings can be added: `{ ...server.cluster, reads: ["east"] }`.
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
      // This is not the chart's binding, which could not be changed to this one: the role of a binding cannot change.
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
      // A release with another name still has objects with the same names, which Helm leaves to the old release.
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

/** The import is here because a program without a VeleroServer does not need the package. */
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
