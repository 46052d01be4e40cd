/** A program may say these of a cluster. The connection holds what the SDK has found no other place for. */
export const namesOfCluster: readonly string[] = [
  ...["provider", "kubeconfig", "ambient", "offline", "context", "dependsOn", "namespace", "accessMode"],
  ...["prefix", "takeOver", "adopt", "reads", "default", "credentials", "storage"],
];
