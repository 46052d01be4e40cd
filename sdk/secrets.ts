import * as pulumi from "@pulumi/pulumi";
import { isSecretField } from "../model/secret-fields.ts";

/**
 * A secret. Its content is kept encrypted in Pulumi's state. A reference instead is resolved by the provider whenever
 * it runs, in `up` as in `refresh` and `destroy`, so that the content never enters the state. If the content of a
 * reference changes, a salted fingerprint shows it as a diff.
 */
export type SecretInput = pulumi.Input<string> | SecretReference;

/** The source of a secret, which is read whenever it is needed: see {@link SecretInput}. */
export type SecretReference =
  | {
      /** Name of the environment variable. */
      env: string;
    }
  | {
      /** Path of the file, relative to the program's folder. */
      file: string;
    };

/**
 * Returns the same object with every secret in it marked as secret, so that Pulumi encrypts it. References stay
 * readable.
 */
export function markSecrets<T extends object | string | undefined>(value: T): T {
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (isSecretField(key)) return [key, isContent(inner) ? pulumi.secret(inner) : inner];
      return [key, isPlainObject(inner) ? markSecrets(inner) : inner];
    }),
  ) as T;
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const isContent = (value: unknown): boolean =>
  value !== undefined && !(isPlainObject(value) && ("env" in value || "file" in value));
