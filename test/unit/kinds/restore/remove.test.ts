import { beforeEach, describe, expect, test, vi } from "vitest";
import { configMaps, namespaces, restores } from "../../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import type { RestoreOutputs } from "../../../../provider/schemas/restore.ts";
import { removeRestore } from "../../../../provider/kinds/restore/index.ts";
import { beginRestore, modifiersNameOf } from "../../../../provider/kinds/restore/run-restore.ts";
import { NOW } from "../backup/state.ts";
import { opened, setStage, stageSession } from "./stage.ts";
import { BACKUP, partWith } from "./state.ts";

const session = stageSession();

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const mapped: Partial<RestoreOutputs> = { storageClassMapping: { gp2: "premium" } };

/** A restore that was done, with its ConfigMap; state knows it, and these things besides. */
async function done(changes: Partial<RestoreOutputs> = {}) {
  const stage = await setStage();
  const { metadata } = await beginRestore(stage.client, partWith({ ...mapped, ...changes }), {
    backupName: BACKUP,
    namespaces: ["shop"],
    now: NOW,
    report: () => undefined,
  });
  stage.writes.length = 0;
  const { name } = metadata;
  const known = { clusterUid: opened.uid, restoreName: name };
  return {
    ...stage,
    name,
    part: partWith({ ...mapped, ...changes }, known),
    rules: modifiersNameOf(partWith(mapped)),
  };
}

describe("When a Restore is destroyed", () => {
  test("its object and its ConfigMap go, and what was restored stays", async () => {
    const { part, name, rules, writes, namesOf } = await done();
    await removeRestore(session, part);
    expect(writes).toEqual([`delete Restore ${name}`, `delete ConfigMap ${rules}`]);
    expect(namesOf(restores)).toEqual([]);
    expect(namesOf(configMaps)).toEqual(["prices", "rates"]);
  });

  test("its ConfigMap goes where the Restore itself was never made", async () => {
    const { part, rules, client, name, writes } = await done();
    await client.delete({ type: restores, name, namespace: "velero" });
    writes.length = 0;
    await removeRestore(session, {
      ...part,
      known: { ...part.known, restoreName: undefined, modifiersName: rules },
    });
    expect(writes).toEqual([`delete ConfigMap ${rules}`]);
  });

  test("the namespaces of a drill that was kept are named, and not those of a newer one", async () => {
    const { part, put } = await done({ drill: { keep: true } });
    const drilled = ["shop-drill", "ledger-drill"];
    const labels = { ...stampOf(part).labels, "pulumi-velero.io/drill": "true" };
    put(namespaces, { metadata: { name: "shop-drill", labels } });
    const newer = { ...labels, "pulumi-velero.io/incarnation": "newer" };
    put(namespaces, { metadata: { name: "ledger-drill", labels: newer } });
    await removeRestore(session, { ...part, known: { ...part.known, drilled } });
    expect(said.join()).toContain('leaves the namespaces of its drill in cluster "west": shop-drill. Remove');
  });

  test("what another incarnation has taken over stays, each by itself", async () => {
    const { part, name, rules, client, namesOf } = await done();
    const labels = { "pulumi-velero.io/incarnation": "newer" };
    await client.patch({ type: configMaps, name: rules }, { metadata: { labels } });
    await removeRestore(session, part);
    expect(namesOf(restores)).toEqual([]);
    expect(namesOf(configMaps)).toContain(rules);
    const other = await done();
    await other.client.patch({ type: restores, name }, { metadata: { labels } });
    await removeRestore(session, other.part);
    expect(other.writes.filter((write) => write.startsWith("delete"))).toEqual([`delete ConfigMap ${rules}`]);
  });

  test("what is gone already is no failure, and nothing was begun is nothing to remove", async () => {
    const { part, name, rules, remove: take, writes } = await done();
    take(restores, name);
    take(configMaps, rules);
    await removeRestore(session, part);
    await removeRestore(session, partWith(mapped));
    expect(writes).toEqual([]);
  });

  test("a cluster that is offline now is not contacted", async () => {
    const { part, writes } = await done();
    const location = { ...part.target.location, owner: "urn:offline" };
    session.newestAccess.remember(location, { connection: { offline: true } });
    await removeRestore(session, { ...part, target: { ...part.target, location } });
    expect(writes).toEqual([]);
  });

  test("another cluster behind the same key is none to remove anything from", async () => {
    const { part, writes } = await done();
    const known = { ...part.known, clusterUid: "uid-of-another" };
    await expect(removeRestore(session, { ...part, known })).rejects.toThrow("another cluster");
    expect(writes).toEqual([]);
  });

  test("a cluster that does not answer is told with the ways out, and never passes as success", async () => {
    const { part } = await done();
    opened.cluster = undefined;
    await expect(removeRestore(session, part)).rejects.toThrow(
      /cluster "west" does not answer\. To let go of what it holds: declare clusters\.west with `offline: true`/,
    );
    vi.stubEnv("PULUMI_VELERO_DELETE_UNREACHABLE", "true");
    await removeRestore(session, part);
    vi.unstubAllEnvs();
  });
});

describe("A Restore object that does not go at once", () => {
  /** Velero's finalizer, which it takes away once it has removed the files. */
  async function held() {
    const stage = await done();
    const live = stage.at(restores, stage.name)!;
    const metadata = { ...live.metadata, finalizers: ["restores.velero.io/external-resources-finalizer"] };
    stage.put(restores, { ...live, metadata });
    return stage;
  }

  test("is waited for", async () => {
    const { part, name, at, namesOf, remove: take } = await held();
    const removing = removeRestore(session, part);
    await vi.waitFor(() => expect(at(restores, name)?.metadata.deletionTimestamp).toBeDefined());
    expect(namesOf(configMaps)).toHaveLength(3);
    take(restores, name);
    await removing;
    expect(namesOf(configMaps)).toEqual(["prices", "rates"]);
    expect(said).toEqual([]);
  });

  test("is left to Velero after the patience, and named; its ConfigMap goes all the same", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const limits: number[] = [];
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      limits.push(ms);
      return timeout(ms / 500);
    });
    const { part, name, namesOf } = await held();
    await removeRestore(session, part);
    expect(namesOf(restores)).toEqual([name]);
    expect(namesOf(configMaps)).toEqual(["prices", "rates"]);
    expect(said).toEqual([
      `back: Restore velero/${name} in cluster "west" is being deleted, and is left to Velero, which first removes its files: its location has to be Available for that`,
    ]);
    expect(Math.min(...limits)).toBe(30_000);
    vi.restoreAllMocks();
  });
});
