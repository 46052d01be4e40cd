import { beforeEach, describe, expect, test, vi } from "vitest";
import { backups, deleteBackupRequests } from "../../../../provider/kubernetes/resources.ts";
import { deleteStored } from "../../../../provider/kinds/backup/delete-stored.ts";
import type { ObjectStore } from "../../../../provider/store/object-store.ts";
import type { Backup, DeleteBackupRequest } from "../../../../provider/velero/types.ts";
import { hasten } from "../../kubernetes/hasten.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { memoryCluster } from "./memory-cluster.ts";
import { backupOf } from "./state.ts";

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const named = (count: number, status: Backup["status"] = { phase: "Completed" }): Backup[] =>
  Array.from({ length: count }, (_, index) => backupOf(status ?? {}, `b-${index + 1}`));

/** A Velero that does with each request what it is told to: "gone" deletes, words refuse, nothing leaves it waiting. */
function velero(doomed: readonly Backup[], answerTo: (backup: string) => string | undefined) {
  const cluster = memoryCluster((type, object) => {
    if (type !== deleteBackupRequests) return;
    const { name } = object.metadata;
    const { backupName } = (object as DeleteBackupRequest).spec;
    const answer = answerTo(backupName);
    if (answer !== undefined) queueMicrotask(() => reply(name, backupName, answer));
  });
  function reply(request: string, backup: string, answer: string): void {
    const known = cluster.at(deleteBackupRequests, request);
    if (answer === "gone") {
      cluster.remove(backups, backup);
      cluster.remove(deleteBackupRequests, request);
    } else if (known) {
      cluster.put(backups, { ...(cluster.at(backups, backup) as Backup), status: { phase: "Deleting" } });
      cluster.put(deleteBackupRequests, { ...known, status: { phase: "Processed", errors: [answer] } });
    }
  }
  for (const backup of doomed) cluster.put(backups, backup);
  const waiting = () =>
    cluster.all(deleteBackupRequests).filter(({ status }) => !status) as DeleteBackupRequest[];
  return {
    ...cluster,
    /** Requests that were not answered. */
    waiting,
    answer: ({ metadata, spec }: DeleteBackupRequest, how = "gone") =>
      reply(metadata.name, spec.backupName, how),
    requested: () => cluster.writes.filter((write) => write.startsWith("create DeleteBackupRequest")),
    left: () => cluster.all(backups).map(({ metadata }) => metadata.name),
    deleteAll: (store?: ObjectStore) =>
      deleteStored(cluster.client, doomed, {
        store,
        storePrefix: "east",
        resource: "nightly",
        deadline: { name: "timeouts.delete (1m)", signal: AbortSignal.timeout(60_000) },
      }),
  };
}
const gone = () => "gone";

/** A store in which these objects are left. */
const storeWith = (...keys: string[]): ObjectStore =>
  fakeStore({
    children: async (folder) => ({ objects: keys.filter((key) => key.startsWith(folder)), folders: [] }),
  });

describe("Stored backups", () => {
  test("go by a request each, of which no more than ten are outstanding, and none is deleted as a mere object", async () => {
    const { deleteAll, waiting, answer, writes, left } = velero(named(25), () => undefined);
    const deleting = deleteAll();
    const mostWaiting: number[] = [];
    for (let answered = 0; answered < 25; answered++) {
      const most = Math.min(10, 25 - answered);
      await vi.waitFor(() => expect(waiting()).toHaveLength(most), { interval: 1 });
      // Whoever would ask for more has had the time to.
      await new Promise((resolve) => setTimeout(resolve, 3));
      mostWaiting.push(waiting().length);
      const [first] = waiting();
      if (!first) continue;
      // Velero finds its requests again by name and uid.
      const { backupName } = first.spec;
      const labels = { "velero.io/backup-name": backupName, "velero.io/backup-uid": `uid-of-${backupName}` };
      expect(first.metadata).toMatchObject({ namespace: "velero", labels });
      answer(first);
    }
    await deleting;
    expect(Math.max(...mostWaiting)).toBe(10);
    expect(writes).toHaveLength(25);
    expect(writes.filter((write) => !write.startsWith("create DeleteBackupRequest"))).toEqual([]);
    expect(left()).toEqual([]);
  });

  test("of which one is refused go all the same, but for that one, of which Velero's words are told", async () => {
    const { deleteAll, left, requested } = velero(named(15), (backup) =>
      backup === "b-3" ? "object is locked" : "gone",
    );
    await expect(deleteAll()).rejects.toThrow(
      /^Backup velero\/b-3 in cluster "east" could not be deleted: object is locked\. Mend the cause and run again\.$/,
    );
    expect(left()).toEqual(["b-3"]);
    expect(requested()).toHaveLength(15);
  });

  test.each([
    [
      "Velero was just writing its keys",
      "failed to refresh cached credentials, no EC2 IMDS role found",
      "Mend",
    ],
    [
      "Velero counts them as running still",
      "backup deletion failed: backup is still in progress",
      "It has ended (Completed), and yet Velero's server counts it as running. Restart the server",
    ],
  ])(
    "that are refused since %s are requested again, and no more than twice",
    async (_why, refusal, remedy) => {
      let tries = 0;
      const once = velero(named(1), () => (tries++ === 0 ? refusal : "gone"));
      await once.deleteAll();
      expect(once.requested()).toHaveLength(2);
      const always = velero(named(1), () => refusal);
      await expect(always.deleteAll()).rejects.toThrow(`${refusal}. ${remedy}`);
      expect(always.requested()).toHaveLength(3);
    },
  );

  test("of which several are refused are counted, and the first five told", async () => {
    const { deleteAll, left } = velero(named(20), (backup) =>
      Number(backup.slice(2)) <= 7 ? `no to ${backup}` : "gone",
    );
    const failure = await deleteAll().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "DeletionRefused" });
    const { message } = failure as Error;
    expect(message).toMatch(/^7 of 20 backups in cluster "east" could not be deleted: Backup velero\/b-1 /);
    expect(message.match(/no to b-\d/g)).toEqual([1, 2, 3, 4, 5].map((number) => `no to b-${number}`));
    expect(message).toMatch(/ — and 2 more\. Run again: it goes on with these\.$/);
    expect(left()).toHaveLength(7);
  });

  test("that an earlier request left Deleting are requested anew, and those that are gone meanwhile are not", async () => {
    const three = named(3, { phase: "Deleting" });
    const { deleteAll, requested, left, remove, put } = velero(three, gone);
    remove(backups, "b-2");
    // Another one of that name, which came from the store.
    const metadata = { ...three[2]?.metadata, name: "b-3", uid: "another" };
    put(backups, { metadata, spec: {}, status: { phase: "Completed" } });
    await deleteAll();
    expect(requested()).toEqual([expect.stringMatching(/ b-1-[0-9a-f]{12}$/)]);
    expect(left()).toEqual(["b-3"]);
  });

  test("that still run are waited for before they are requested", async () => {
    const [running] = named(1, { phase: "InProgress" }) as [Backup];
    const { deleteAll, requested, put, left } = velero([running], gone);
    const deleting = deleteAll();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requested()).toEqual([]);
    put(backups, { ...running, status: { phase: "Completed" } } as Backup);
    await deleting;
    expect(left()).toEqual([]);
  });

  test.each([
    ["was refused, and so stored nothing", { phase: "FailedValidation", validationErrors: ["no location"] }],
    [
      "failed since its name lay in the store, so that a request would take the other's data",
      { phase: "Failed", failureReason: "backup already exists in object storage" },
    ],
  ])("one that %s goes as a mere object", async (_why, status) => {
    const { deleteAll, writes } = velero(named(1, status), () => "must not be asked");
    await deleteAll(storeWith("east/backups/b-1/b-1.tar.gz"));
    expect(writes).toEqual(["delete Backup b-1"]);
  });
});

describe("That the data of a deleted backup is gone", () => {
  test("is looked for in the store, and what is left there is told", async () => {
    const kept = ["b-1.tar.gz", "velero-backup.json"].map((file) => `east/backups/b-1/${file}`);
    const { deleteAll, left } = velero(named(2), gone);
    await expect(
      deleteAll(storeWith(...kept, "east/backups/b-10/b-10.tar.gz", "west/backups/b-2/x")),
    ).rejects.toThrow(
      'Velero has deleted Backup velero/b-1 in cluster "east", and yet 2 of its objects are in a store in memory below ' +
        "east/backups/b-1/: east/backups/b-1/b-1.tar.gz, east/backups/b-1/velero-backup.json. No Backup object stands",
    );
    expect(left()).toEqual([]);
  });

  test("is believed without a way to the store, and where nothing complete was stored", async () => {
    const lost = fakeStore({ children: () => Promise.reject(new Error("must not be asked")) });
    await velero(named(2), gone).deleteAll();
    await velero(named(2, { phase: "Failed", failureReason: "disk full" }), gone).deleteAll(lost);
    await expect(velero(named(1), gone).deleteAll(lost)).rejects.toThrow("must not be asked");
  });
});

test("how far it is is said once it takes a while, and nothing where it does not", async () => {
  await velero(named(3), gone).deleteAll();
  expect(said).toEqual([]);

  hasten();
  const { deleteAll, waiting, answer } = velero(named(12), (backup) =>
    backup === "b-1" ? "gone" : undefined,
  );
  const deleting = deleteAll();
  await vi.waitFor(() =>
    expect(said).toEqual(['nightly: deleting, 1 of 12 backups in cluster "east" are gone']),
  );
  while (waiting().length > 0) {
    for (const request of waiting()) answer(request);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await deleting;
  expect(said).toHaveLength(1);
});
