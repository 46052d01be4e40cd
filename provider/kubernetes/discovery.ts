import type { KubernetesClient } from "./client.ts";
import { isAbsent, isForbidden, KubernetesError } from "./kubernetes-error.ts";
import type { ResourceType } from "./resources.ts";

/** A kind that a cluster serves, in one of its versions. */
export interface ServedKind extends ResourceType {
  /** The kind with its group: `deployments.apps`, or `pods` in the core group. */
  groupResource: string;
  isNamespaced: boolean;
  isListable: boolean;
  verbs: readonly string[];
  singular: string;
  shortNames: readonly string[];
}

/** The kinds that a cluster serves. */
export interface Served {
  /**
   * The kinds in each version. Groups are in the order of the cluster. In each group, the preferred version is first.
   */
  kinds: readonly ServedKind[];
  /** API versions whose server does not answer. */
  silent: readonly string[];
}

interface ApiResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  verbs?: string[];
  shortNames?: string[];
}

interface ApiGroup {
  versions: { groupVersion: string }[];
  preferredVersion?: { groupVersion: string };
}

/** The number of versions that are read in parallel. A large cluster serves a hundred. */
const GROUPS_AT_ONCE = 20;

/** Returns every kind that the cluster serves, in every version. */
export async function discover(client: KubernetesClient): Promise<Served> {
  const { groups } = (await client.read("/apis")) as { groups: ApiGroup[] };
  const versions = [CORE, ...groups.flatMap(versionsOf)];
  const silent: string[] = [];
  const { default: pMap } = await import("p-map");
  const lists = await pMap(
    versions,
    (version) =>
      kindsOf(client, version).catch((error: unknown) => {
        if (version === CORE || !isSilence(error)) throw error;
        silent.push(version);
        return [];
      }),
    { concurrency: GROUPS_AT_ONCE },
  );
  return { kinds: lists.flat(), silent };
}

/** The API server itself always serves this version. If it does not answer, the cluster does not. */
const CORE = "v1";

/** With any other failure, kinds would appear to be missing. Status 0 means no answer, as from a server that hangs. */
const isSilence = (error: unknown): boolean =>
  isForbidden(error) ||
  isAbsent(error) ||
  (error instanceof KubernetesError && [0, 500, 502, 503, 504].includes(error.status));

function versionsOf({ versions, preferredVersion }: ApiGroup): string[] {
  const all = versions.map(({ groupVersion }) => groupVersion);
  const first = preferredVersion?.groupVersion;
  return first === undefined ? all : [first, ...all.filter((version) => version !== first)];
}

async function kindsOf(client: KubernetesClient, apiVersion: string): Promise<ServedKind[]> {
  const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = (await client.read(path)) as { resources: ApiResource[] };
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, singularName = "", namespaced, kind, verbs = [], shortNames = [] }) => ({
      apiVersion,
      kind,
      plural: name,
      groupResource: group ? `${name}.${group}` : name,
      isNamespaced: namespaced,
      isListable: verbs.includes("list"),
      verbs,
      singular: singularName || kind.toLowerCase(),
      shortNames,
    }));
}

/** An answer is shared with callers within this time. */
const FRESH_MS = 5_000;

/** Asks a cluster for its kinds once for all callers at the same time. */
export const sharedDiscovery = (client: KubernetesClient): Promise<Served> =>
  client.answers.ask(KINDS, FRESH_MS, () => discover(client));

/** Asks again, so that a kind which was just defined is included. */
export function freshDiscovery(client: KubernetesClient): Promise<Served> {
  client.answers.forget(KINDS);
  return sharedDiscovery(client);
}

const KINDS = "kinds";

interface SharedAnswer {
  at: number;
  answer: Promise<unknown>;
}

/** Answers of one cluster, which all resources share that ask for the same at the same time. */
export class SharedAnswers {
  readonly #answers = new Map<string, SharedAnswer>();

  /** An answer serves others that ask within `freshMs`. A key stands for one type. A failed answer is not shared with who asks later. */
  ask<T>(key: string, freshMs: number, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && Date.now() - known.at < freshMs) return known.answer as Promise<T>;
    const answer = ask();
    this.#answers.set(key, { at: Date.now(), answer });
    // A newer answer may be there by then.
    answer.catch(() => this.#answers.get(key)?.answer === answer && this.#answers.delete(key));
    return answer;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  forgetAll(prefix: string): void {
    for (const key of this.#answers.keys()) if (key.startsWith(prefix)) this.#answers.delete(key);
  }
}
