import { Problem } from "../core/errors.ts";
import type { CoreSession } from "../core/session.ts";
import { shortHash } from "../core/values.ts";
import { connect, type KubernetesClient } from "./client.ts";
import {
  type ClusterLabel,
  type Connection,
  resolveConnection,
  type ResolvedConnection,
} from "./connection.ts";
import { Plugins } from "./kubeconfig/run-plugin.ts";
import { isUnreachable } from "./kubernetes-error.ts";
import { type KubernetesObject, namespaces, type ResourceType } from "./resources.ts";

/** A cluster that answers, and its UID. */
export interface OpenCluster {
  client: KubernetesClient;
  /** The UID of its `kube-system` namespace, which never changes. */
  uid: string;
}

/** Opens the clusters of a session. */
export interface Clusters {
  /**
   * The cluster behind a connection, shared by all resources of this session. Where state knows its UID, another
   * cluster behind the same key is an error, never a cluster in which everything seems to be missing
   * (docs/design/rules.md#missing-and-unreachable).
   */
  open(connection: Connection, label: ClusterLabel, expectedUid: string | undefined): Promise<OpenCluster>;
  /**
   * Closes all clusters, and forgets their credentials. A cluster that is being opened is closed as soon as it is open.
   */
  close(): void;
}

/**
 * An unreachable cluster is waited for once, and not by each of its hundred resources. After this time it is tried
 * again.
 */
const FAILED_MS = 10_000;

export class SharedClusters implements Clusters {
  readonly #open = new Map<string, Promise<OpenCluster>>();
  readonly #session: CoreSession;
  readonly #plugins: Plugins;

  constructor(session: CoreSession) {
    this.#session = session;
    this.#plugins = new Plugins(session.secrets);
  }

  async open(
    connection: Connection,
    label: ClusterLabel,
    expectedUid: string | undefined,
  ): Promise<OpenCluster> {
    const resolved = resolveConnection(this.#session.secrets, connection, label.property);
    const key = shortHash(32, resolved, label);
    let opening = this.#open.get(key);
    if (!opening) {
      opening = this.#identify(resolved, label);
      this.#open.set(key, opening);
      const failed = opening;
      const tryAnew = () => this.#open.get(key) === failed && this.#open.delete(key);
      failed.catch(() => setTimeout(tryAnew, FAILED_MS).unref());
    }
    const cluster = await opening;
    if (expectedUid !== undefined && cluster.uid !== expectedUid)
      throw anotherCluster(label, cluster, expectedUid);
    return cluster;
  }

  close(): void {
    for (const opening of this.#open.values())
      opening.then(
        ({ client }) => client.close(),
        () => undefined,
      );
    this.#open.clear();
  }

  async #identify(connection: ResolvedConnection, label: ClusterLabel): Promise<OpenCluster> {
    const client = await connect(this.#session, connection, label, { plugins: this.#plugins });
    try {
      return { client, uid: await uidOf(client, label) };
    } catch (error) {
      client.close();
      throw error;
    }
  }
}

async function uidOf(client: KubernetesClient, label: ClusterLabel): Promise<string> {
  const system = await client.get({ type: namespaces, name: "kube-system" });
  if (!system?.metadata.uid) {
    throw new Problem({
      code: "NoKubeSystem",
      property: label.property,
      what: `cluster "${label.key}" at ${client.server} has no namespace kube-system, by which clusters are told apart`,
    });
  }
  return system.metadata.uid;
}

function anotherCluster(label: ClusterLabel, { client, uid }: OpenCluster, expected: string): Problem {
  return new Problem({
    code: "AnotherCluster",
    property: label.property,
    what: `"${label.key}" at ${client.server} is another cluster (${uid}) than the one that state knows (${expected})`,
    todo:
      "Mend the kubeconfig or its context. If the cluster was rebuilt, declare it under a new key, " +
      "and keep the old one with `offline: true` to restore from it.",
  });
}

/** Allows deletes in a cluster that is gone for good. The Kubernetes provider has a similar variable. */
const DELETE_UNREACHABLE = "PULUMI_VELERO_DELETE_UNREACHABLE";

/** Runs a delete. If its cluster cannot be reached, it fails with the possible remedies, and never reports success. */
export async function unlessUnreachable(
  { notices }: Pick<CoreSession, "notices">,
  label: ClusterLabel,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    if (process.env[DELETE_UNREACHABLE] === "true") {
      notices.warn(
        `cluster "${label.key}"`,
        `cannot be reached; what it holds is left there (${DELETE_UNREACHABLE})`,
      );
      return;
    }
    throw new Problem({
      code: "Unreachable",
      what: error instanceof Error ? error.message.replace(/\.$/, "") : String(error),
      todo:
        `To let go of what it holds: declare ${label.property} with \`offline: true\` and run up, or set ` +
        `\`deletedWith\` to the cluster's resource, or run with ${DELETE_UNREACHABLE}=true.`,
      cause: error,
    });
  }
}

/** A list may be shared for this long: enough for a refresh of hundreds, and short enough to be current. */
const FRESH_MS = 5_000;

/**
 * Returns all objects of a kind by name, in a namespace or in the cluster. Resources that are read at the same time
 * share one list (docs/design/rules.md#shared-reads).
 */
export const sharedList = <T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  namespace?: string,
): Promise<Map<string, T>> =>
  sharedAnswer(client, `${type.plural}.${namespace}`, async () => {
    const { items } = await client.list<T>({ type, ...(namespace === undefined ? {} : { namespace }) });
    return new Map(items.map((item) => [item.metadata.name, item]));
  });

/** One answer for all resources that ask for the same at the same time. */
export const sharedAnswer = <T>(
  { answers }: KubernetesClient,
  key: string,
  ask: () => Promise<T>,
): Promise<T> => answers.ask(`${LIST} ${key}`, FRESH_MS, ask);

/** Forgets the lists after a write, because they are older than it. */
export const forgetLists = ({ answers }: KubernetesClient): void => answers.forgetAll(LIST);

const LIST = "list";
