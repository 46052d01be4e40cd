/**
 * Kubernetes' own kinds that lie in namespaces, and snapshots, in which the data of claims is. What a drill restores
 * where nobody says which kinds: controllers would act upon a custom resource, whatever its namespace.
 */
export const OWN_KINDS: readonly string[] = [
  ...["configmaps", "limitranges", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"],
  ...["secrets", "serviceaccounts", "services"],
  ...["daemonsets.apps", "deployments.apps", "replicasets.apps", "statefulsets.apps"],
  ...["cronjobs.batch", "jobs.batch", "horizontalpodautoscalers.autoscaling"],
  ...["networkpolicies.networking.k8s.io", "poddisruptionbudgets.policy"],
  ...["rolebindings.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io"],
  ...["volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotcontents.snapshot.storage.k8s.io"],
];
