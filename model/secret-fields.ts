/** Properties of inputs that hold a secret, at any depth. */
export const secretFields = [
  "accessKeyId",
  "secretAccessKey",
  "sessionToken",
  "serviceAccountKey",
  "clientSecret",
  "storageAccountKey",
  "caCertificate",
  "kubeconfig",
  "repositoryPassword",
] as const;

export type SecretField = (typeof secretFields)[number];

export const isSecretField = (name: string): name is SecretField =>
  secretFields.some((field) => field === name);
