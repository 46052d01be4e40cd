import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../../sandbox/sandbox.ts";
import { watchNew } from "./watch-new.ts";

/** Plays Velero's servers in all namespaces of a cluster. */
export interface PlayedVelero {
  /** Called whenever a backup begins or ends, with how many have done so until then. */
  onBackup: (counts: { begun: number; ended: number }) => void;
  stop(): void;
}

const ITEMS = 100;

/**
 * Answers as Velero does, and stores nothing: a backup is InProgress at once, gets on, and is Completed after the time
 * that its namespace takes; schedules are Enabled, requests for the server's status answered. The real Velero looks at
 * its own namespace alone, and so does this at all others.
 */
export function playVelero(
  cluster: SandboxCluster,
  millisecondsIn: (namespace: string) => number,
): PlayedVelero {
  const { kubernetes, veleroNamespace } = cluster;
  const timers = new Set<NodeJS.Timeout>();
  const counts = { begun: 0, ended: 0 };

  const after = (milliseconds: number, work: () => Promise<unknown>) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      // Whoever deletes an object needs no answer about it.
      work().catch(() => undefined);
    }, milliseconds);
    timers.add(timer);
  };
  const say = (plural: string, { metadata: { namespace, name } }: KubernetesObject, status: object) =>
    kubernetes.patch(`/apis/velero.io/v1/namespaces/${namespace}/${plural}/${name}`, { status });

  const answers: Record<string, (object: KubernetesObject) => void> = {
    backups(backup) {
      const whole = millisecondsIn(String(backup.metadata.namespace));
      const progress = (itemsBackedUp: number) => ({ progress: { totalItems: ITEMS, itemsBackedUp } });
      counts.begun += 1;
      played.onBackup(counts);
      const begun = say("backups", backup, {
        phase: "InProgress",
        startTimestamp: inSeconds(),
        expiration: inSeconds(720 * 3_600_000),
        ...progress(0),
      });
      begun.catch(() => undefined);
      after(whole / 2, () => begun.then(() => say("backups", backup, progress(ITEMS / 2))));
      after(whole, async () => {
        await begun;
        counts.ended += 1;
        played.onBackup(counts);
        const completed = { phase: "Completed", completionTimestamp: inSeconds(), ...progress(ITEMS) };
        await say("backups", backup, completed);
      });
    },
    schedules: (schedule) => after(0, () => say("schedules", schedule, { phase: "Enabled" })),
    serverstatusrequests: (request) =>
      after(0, () =>
        say("serverstatusrequests", request, {
          phase: "Processed",
          serverVersion: "v1.18.3",
          processedTimestamp: inSeconds(),
        }),
      ),
  };

  const watches = Object.entries(answers).map(([plural, answer]) =>
    watchNew(cluster, plural, (object) => {
      const isAnswered = object.status?.["phase"] !== undefined;
      if (object.metadata.namespace !== veleroNamespace && !isAnswered) answer(object);
    }),
  );
  const played: PlayedVelero = {
    onBackup: () => undefined,
    stop() {
      for (const watch of watches) watch.stop();
      for (const timer of timers) clearTimeout(timer);
    },
  };
  return played;
}

const inSeconds = (from = 0): string => new Date(Date.now() + from).toISOString().replace(/\.\d+/, "");
