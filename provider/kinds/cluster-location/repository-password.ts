import { Problem } from "../../core/errors.ts";
import { nameOf, ownersOf } from "../../core/identity.ts";
import { resolveSecret } from "../../core/secrets.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { backupRepositories, secrets } from "../../kubernetes/resources.ts";
import {
  passwordIn,
  REPOSITORY_SECRET,
  repositorySecret,
  WELL_KNOWN_PASSWORD,
} from "../../rules/file-copies.ts";
import type { ClusterLocationOutputs } from "../../schemas/cluster-location.ts";
import type { Secret } from "../../velero/manifests.ts";

/**
 * Sets the declared password for Velero's repositories in that cluster, unless data is stored with another password. We
 * never delete the Secret, and never change a password of somebody else: without it the data cannot be read.
 */
export async function ensureRepositoryPassword(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
): Promise<void> {
  const wanted = wantedBy(client, desired);
  if (wanted === undefined) return;
  if (wanted === WELL_KNOWN_PASSWORD) client.session.notices.warn(nameOf(desired.owner), KNOWN_TO_ALL);
  const { namespace } = desired;
  const ours = repositorySecret(namespace, wanted, desired.owner);
  // Velero's server or another location may write between the read and the write. The next round sees that.
  for (let round = 0; round < 3; round++) {
    const { decision, live } = await decide(client, desired, wanted);
    if (decision === "keep") return;
    const written =
      decision === "create"
        ? client.create(secrets, ours)
        : client.patch(targetIn(desired), over(live, ours));
    if (await written.catch(unlessConflict)) return;
  }
  throw new Problem({
    code: "ConflictingWrites",
    property: PASSWORD_PROPERTY,
    what: `Secret ${secretInWords(client, desired)} keeps changing`,
    todo: "Someone else writes it at the same time; find out who, and run again.",
  });
}

/** Throws if the declared password cannot be set. It changes nothing. */
export async function requireRepositoryPassword(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
): Promise<void> {
  const wanted = wantedBy(client, desired);
  if (wanted !== undefined) await decide(client, desired, wanted);
}

const PASSWORD_PROPERTY = "repositoryPassword";

const wantedBy = (
  { session }: KubernetesClient,
  { repositoryPassword }: ClusterLocationOutputs,
): string | undefined =>
  repositoryPassword === undefined
    ? undefined
    : resolveSecret(session.secrets, repositoryPassword, PASSWORD_PROPERTY).trim();

const targetIn = ({ namespace }: ClusterLocationOutputs) => ({
  type: secrets,
  name: REPOSITORY_SECRET,
  namespace,
});

interface Decision {
  decision: "create" | "keep" | "set";
  live: Secret | undefined;
}

async function decide(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  wanted: string,
): Promise<Decision> {
  const live = await client.get<Secret>(targetIn(desired));
  const found = live ? { exists: true, ...passwordIn(live) } : { exists: false };
  let repositories: string[] = [];
  const decision = await decidePassword(found, wanted, async () => {
    repositories = await repositoriesIn(client, desired.namespace);
    return repositories.length > 0;
  });
  if (decision === "refuse: another") throw another(client, desired, live && passwordIn(live).setBy);
  if (decision === "refuse: in use") throw inUse(client, repositories);
  return { decision, live };
}

const KNOWN_TO_ALL =
  "repositoryPassword is the one that stands in Velero's source for everybody to read: " +
  "who gets at the bucket can read the file copies in it";

/** The patch applies only to this exact version of the Secret. */
const over = (live: Secret | undefined, { metadata: { annotations }, data }: Secret): object => ({
  metadata: { resourceVersion: live?.metadata.resourceVersion, annotations },
  data,
});

const unlessConflict = (error: unknown): undefined => {
  if (!isConflict(error)) throw error;
};

async function repositoriesIn(client: KubernetesClient, namespace: string): Promise<string[]> {
  const { items } = await client.list({ type: backupRepositories, namespace });
  return items.map(({ metadata }) => `${namespace}/${metadata.name}`);
}

const secretInWords = ({ label }: KubernetesClient, { namespace }: ClusterLocationOutputs): string =>
  `${namespace}/${REPOSITORY_SECRET} in cluster "${label.key}"`;

/** Another stack, a reader's cluster or an administrator may depend on the other password. */
function another(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  setBy: string | undefined,
): Problem {
  const who =
    setBy === undefined
      ? "which was not set by this project"
      : ownersOf(desired).some(({ owner }) => owner === setBy)
        ? "which this location has set before"
        : `which ${setBy} has set`;
  return new Problem({
    code: "AnotherRepositoryPassword",
    property: PASSWORD_PROPERTY,
    what: `Secret ${secretInWords(client, desired)} holds another password, ${who}, and a Velero has one for all of its repositories`,
    todo: `${NOTHING_CHANGED} Declare the password that is there; or, ${START_ANEW}`,
  });
}

function inUse(client: KubernetesClient, repositories: string[]): Problem {
  const shown = repositories.slice(0, 5).join(", ") + (repositories.length > 5 ? ", …" : "");
  return new Problem({
    code: "RepositoryPasswordInUse",
    property: PASSWORD_PROPERTY,
    what:
      `Velero in cluster "${client.label.key}" has ${repositories.length} BackupRepository objects under its own ` +
      `well-known password (${shown}), and a repository keeps the password with which it was made`,
    todo: `${NOTHING_CHANGED} Leave repositoryPassword out; or, ${START_ANEW}`,
  });
}

const NOTHING_CHANGED =
  "Nothing was changed: file copies of volumes under the old password could not be read any more.";

const START_ANEW =
  "where those copies may be lost, delete Velero's BackupRepository objects and what they have stored " +
  `(kopia/ below each location's prefix), then the Secret ${REPOSITORY_SECRET}, and run up again.`;

/** `set` overwrites only Velero's own password, and only as long as no data is stored with it. */
type PasswordDecision = "create" | "keep" | "set" | "refuse: another" | "refuse: in use";

/**
 * Decides what to do with the existing password `found` if `wanted` is declared. `inUse` is called only if it matters.
 */
async function decidePassword(
  found: { exists: boolean; password?: string },
  wanted: string,
  inUse: () => Promise<boolean>,
): Promise<PasswordDecision> {
  if (!found.exists) return "create";
  if (found.password === wanted) return "keep";
  // Velero cannot use a Secret without the key, and never adds the key.
  if (found.password === undefined) return "set";
  if (found.password !== WELL_KNOWN_PASSWORD) return "refuse: another";
  return (await inUse()) ? "refuse: in use" : "set";
}
