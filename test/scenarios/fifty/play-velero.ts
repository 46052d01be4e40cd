import { request } from "node:https";
import { createInterface } from "node:readline";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../../sandbox/sandbox.ts";

/** A stand-in of Velero's servers in all namespaces of a cluster. */
export interface PlayedVelero {
  /** The most backups that were under way at one time since this was last asked. */
  mostAtOnce(): number;
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
  let underWay = 0;
  let mostAtOnce = 0;

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
      underWay += 1;
      mostAtOnce = Math.max(mostAtOnce, underWay);
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
        underWay -= 1;
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
  return {
    mostAtOnce() {
      const most = mostAtOnce;
      mostAtOnce = underWay;
      return most;
    },
    stop() {
      for (const watch of watches) watch.stop();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

const inSeconds = (from = 0): string => new Date(Date.now() + from).toISOString().replace(/\.\d+/, "");

/** Every object of one of Velero's kinds as it is made, in all namespaces. */
function watchNew(
  { server, token, certificateAuthority }: SandboxCluster,
  plural: string,
  onNew: (object: KubernetesObject) => void,
): { stop(): void } {
  const call = request(
    `${server}/apis/velero.io/v1/${plural}?watch=true`,
    { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` } },
    (response) => {
      const lines = createInterface({ input: response });
      // Destroyed in the end, it ends as a broken connection.
      lines.on("error", () => undefined);
      lines.on("line", (line) => {
        const { type, object } = JSON.parse(line) as { type: string; object: KubernetesObject };
        if (type === "ADDED") onNew(object);
      });
    },
  );
  call.on("error", () => undefined);
  call.end();
  return { stop: () => void call.destroy() };
}
