/** All that a program may say of a cluster: the connection here is what the SDK has found no other place for. */
export const namesOfCluster: readonly string[] = [
  ...["provider", "kubeconfig", "ambient", "offline", "context", "dependsOn", "namespace", "accessMode"],
  ...["prefix", "takeOver", "adopt", "reads", "default", "credentials", "storage"],
];
