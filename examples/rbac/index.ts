import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as velero from "pulumi-velero";

const config = new pulumi.Config();

const inCluster = new k8s.Provider("east", { kubeconfig: config.requireSecret("adminKubeconfig") });
const opts = { provider: inCluster };
const refersTo = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });

// What the kubeconfig of a stack may that has a location and backups there, and nothing more.
const { role, clusterRole } = velero.rbac.provider({ uses: ["locations", "backups"] });
const subjects = [{ kind: "ServiceAccount", name: "deployer", namespace: "ci" }];
const inVelero = new k8s.rbac.v1.Role("stack", role, opts);
const everywhere = new k8s.rbac.v1.ClusterRole("stack", clusterRole, opts);
new k8s.rbac.v1.RoleBinding(
  "stack",
  {
    metadata: { namespace: inVelero.metadata.namespace },
    roleRef: inVelero.metadata.name.apply((name) => refersTo("Role", name)),
    subjects,
  },
  opts,
);
new k8s.rbac.v1.ClusterRoleBinding(
  "stack",
  { roleRef: everywhere.metadata.name.apply((name) => refersTo("ClusterRole", name)), subjects },
  opts,
);

// People who take backups and bring them back, and can lose none.
const operator = new k8s.rbac.v1.Role("operator", velero.rbac.backupOperator({ restore: true }), opts);
new k8s.rbac.v1.RoleBinding(
  "operators",
  {
    metadata: { namespace: operator.metadata.namespace },
    roleRef: operator.metadata.name.apply((name) => refersTo("Role", name)),
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "backup-operators" }],
  },
  opts,
);

export const operatorRole = operator.metadata.name;
