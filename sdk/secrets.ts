import * as pulumi from "@pulumi/pulumi";
import type { SecretField } from "../provider/core/references.ts";

/**
 * A secret: its content, which Pulumi then keeps encrypted in its state; or where the provider finds it whenever it
 * runs, in `up` as in `refresh` and `destroy`, so that it never enters the state. A reference whose content changes
 * shows as a diff all the same, by a salted fingerprint.
 *
 * - `{ env: "NAME" }`: the content of an environment variable.
 * - `{ file: "path" }`: the content of a file, relative to the program's folder.
 */
export type SecretInput = pulumi.Input<string> | SecretReference;

/** Where a secret is found whenever it is needed: see {@link SecretInput}. */
export type SecretReference =
  | {
      /** Name of the environment variable. */
      env: string;
    }
  | {
      /** Path of the file, relative to the program's folder. */
      file: string;
    };

const secretFields: Record<SecretField, true> = {
  accessKeyId: true,
  secretAccessKey: true,
  sessionToken: true,
  serviceAccountKey: true,
  clientSecret: true,
  storageAccountKey: true,
  caCertificate: true,
  kubeconfig: true,
  repositoryPassword: true,
};

/** The same object with every secret in it marked as one, for Pulumi to encrypt. References stay readable. */
export function markSecrets<T extends object | string | undefined>(value: T): T {
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (key in secretFields) return [key, isContent(inner) ? pulumi.secret(inner) : inner];
      return [key, isPlainObject(inner) ? markSecrets(inner) : inner];
    }),
  ) as T;
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const isContent = (value: unknown): boolean =>
  value !== undefined && !(isPlainObject(value) && ("env" in value || "file" in value));
