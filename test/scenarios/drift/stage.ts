import { expect } from "vitest";
import type { RunResult } from "../../engine/run-result.ts";
import { Runner } from "../../engine/runner.ts";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import type { Sandbox, SandboxCluster } from "../../sandbox/sandbox.ts";
import { createNamespace } from "../../sandbox/seed-namespace.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { veleroObject } from "../observe.ts";
import { environmentOf, messagesOf, programIn, resourceIn } from "../stack.ts";
import type { DriftRow, Scene, Site } from "./rows.ts";

export interface NamedRow extends DriftRow {
  /** Of the row's ClusterBackup. */
  name: string;
}

export const locationNameOf = ({ name }: NamedRow): string => `${name}-store`;

type Schedules = ReadonlyMap<string, KubernetesObject | undefined>;

/** What a stack's runs come to, around what somebody does to it. */
export interface Played {
  /** What a monitor says: `refresh --preview-only --expect-no-changes`. */
  quiet: RunResult;
  refreshed: RunResult;
  repaired: RunResult;
  remaining: RunResult;
  /** The rows' Schedules before it and after the up that repairs. */
  before: Schedules;
  after: Schedules;
}

/**
 * One backup after another: of several that wait Velero 1.18 leaves some in its queue for a minute, and of several at a
 * time some fail, since it writes the file with the location's keys anew while another reads it.
 */
const oneByOne = { parallel: 1 };
export const monitor = { previewOnly: true, expectNoChanges: true };

/** A stack in which the rows of a table take place side by side. */
export class Stage {
  readonly rows: readonly NamedRow[];
  readonly runner: Runner;
  readonly scenes = new Map<string, Scene>();
  readonly #cluster: SandboxCluster;
  readonly #sites: ReadonlyMap<string, Site>;
  readonly #location: string;

  private constructor(
    rows: readonly NamedRow[],
    sites: ReadonlyMap<string, Site>,
    { cluster, location, env }: { cluster: SandboxCluster; location: string; env: Record<string, string> },
  ) {
    this.rows = rows;
    this.#cluster = cluster;
    this.#sites = sites;
    this.#location = location;
    const namespaces = Object.fromEntries([...sites].map(([name, { namespace }]) => [name, namespace]));
    this.runner = new Runner({
      stack: uniqueName("dev"),
      program: { files: { "index.js": this.#program() } },
      env: { ...env, NAMESPACES: JSON.stringify(namespaces) },
    });
  }

  /** `location` is more of the BackupLocations. */
  static async set(
    sandbox: Sandbox,
    cluster: SandboxCluster,
    rows: readonly NamedRow[],
    location = "",
  ): Promise<Stage> {
    const bucket = await sandbox.minio.createBucket("drift");
    const sites = rows.map(async ({ name, before }): Promise<[string, Site]> => {
      const site = { sandbox, cluster, bucket, namespace: await createNamespace(cluster, name) };
      await before?.(site);
      return [name, site];
    });
    const env = await environmentOf(sandbox, bucket);
    return new Stage(rows, new Map(await Promise.all(sites)), { cluster, location, env });
  }

  /** Before anything has happened. */
  async begin(): Promise<Pick<Played, "quiet" | "before">> {
    const up = await this.runner.up(oneByOne);
    expect(up.ok, messagesOf(up)).toBe(true);
    for (const [name, site] of this.#sites) this.scenes.set(name, { ...site, ...placeOf(up, name) });
    return { before: await this.#schedules(), quiet: await this.runner.refresh(monitor) };
  }

  /** Lets happen what is to happen. */
  async happen(): Promise<void> {
    for (const { name, cause } of this.rows) await cause?.(this.scenes.get(name) as Scene);
  }

  /** `env` is what the runs find in their environment after it has happened. */
  async goOn(env: Record<string, string> = {}): Promise<Omit<Played, "quiet" | "before">> {
    const refreshed = await this.runner.refresh({ expectNoChanges: true, env });
    const repaired = await this.runner.up({ ...oneByOne, env });
    const after = await this.#schedules();
    return { refreshed, repaired, after, remaining: await this.runner.refresh({ ...monitor, env }) };
  }

  /** Puts right what is to be put right beside another backup, and has one taken. */
  async mend(): Promise<{ up: RunResult; quiet: RunResult }> {
    for (const { name, finds } of this.rows) await finds?.mend?.(this.scenes.get(name) as Scene);
    this.runner.write({ "index.js": this.#program(true) });
    return { up: await this.runner.up(oneByOne), quiet: await this.runner.refresh(monitor) };
  }

  async #schedules(): Promise<Schedules> {
    const live = [...this.scenes].map(
      async ([name, { scheduleName }]): Promise<[string, KubernetesObject | undefined]> => [
        name,
        scheduleName ? await veleroObject(this.#cluster, "schedules", scheduleName) : undefined,
      ],
    );
    return new Map(await Promise.all(live));
  }

  /** All the rows side by side; `again`: with another backup of those that no up can set right. */
  #program(again = false): string {
    const { name: cluster } = this.#cluster;
    return programIn(`
      const namespaces = JSON.parse(process.env.NAMESPACES);
      const locationBelow = (name, prefix) => new velero.BackupLocation(name, {
        storage: { minio: { ...storage.minio, prefix } }, clusters: { ${cluster} }, ${this.#location}
      });
      const shared = locationBelow("primary", "shared");
      ${this.rows.map((row) => partOf(row, cluster, again)).join("\n")}`);
  }
}

function partOf(row: NamedRow, cluster: string, again: boolean): string {
  const { name, backup, ownLocation, finds } = row;
  const location = ownLocation ? `locationBelow("${locationNameOf(row)}", "${name}")` : "shared";
  const round = again && finds?.up === "names" ? 2 : 1;
  return `{
    const namespace = namespaces["${name}"];
    new velero.ClusterBackup("${name}", {
      location: ${location}, cluster: "${cluster}", includedNamespaces: [namespace], triggers: [${round}], ${backup}
    });
  }`;
}

function placeOf(up: RunResult, name: string): Omit<Scene, keyof Site> {
  const { location, scheduleName = "", backupName = "" } = resourceIn(up, name).outputs ?? {};
  const { locationName, storePrefix } = location as Record<string, string>;
  return {
    locationName: String(locationName),
    folder: `${storePrefix}/backups`,
    scheduleName: String(scheduleName),
    backupName: String(backupName),
  };
}

/** The resources of ours that a refresh has found changed. */
export const driftedIn = ({ steps }: RunResult): string[] =>
  steps
    .filter(({ op, drift, type }) => op === "refresh" && drift !== "same" && type.includes("velero:"))
    .map(({ name }) => name)
    .toSorted();
