import type { Secret } from "./manifests.ts";

/**
 * The Secret of the password with which Velero encrypts file copies of volumes: one for all repositories of an
 * installation. Its server makes the Secret where there is none, with a constant that everybody can read in its source
 * (docs/design/velero-facts.md#repository-password).
 */
export const REPOSITORY_SECRET = "velero-repo-credentials";
export const REPOSITORY_KEY = "repository-password";
export const WELL_KNOWN_PASSWORD = "static-passw0rd";

/** Who has set it: for messages alone. No label of ours is on it, since nothing of ours may ever delete it. */
const setByAnnotation = "pulumi-velero.io/repository-password-set-by";

export const repositorySecret = (namespace: string, password: string, setBy: string): Secret => ({
  metadata: { name: REPOSITORY_SECRET, namespace, annotations: { [setByAnnotation]: setBy } },
  type: "Opaque",
  data: { [REPOSITORY_KEY]: Buffer.from(password).toString("base64") },
});

/** As Velero reads it, which trims it. */
export function passwordIn({ data, metadata }: Secret): { password?: string; setBy?: string } {
  const content = data?.[REPOSITORY_KEY];
  const setBy = metadata.annotations?.[setByAnnotation];
  return {
    ...(content === undefined ? {} : { password: Buffer.from(content, "base64").toString("utf8").trim() }),
    ...(setBy === undefined ? {} : { setBy }),
  };
}
