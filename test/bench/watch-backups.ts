import { request } from "node:https";
import { createInterface } from "node:readline";
import type { SandboxCluster } from "../sandbox/sandbox.ts";

export interface BackupWatch {
  /** When this process was told of it first, by `performance.now()`. */
  beginOf(name: string): number;
  /** The same of its last phase. */
  endOf(name: string): Promise<number>;
  stop(): void;
}

const ENDED = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];

/** A watch of all Backups, or Restores, on a connection of its own, apart from the code that is measured. */
export function watchBackups(
  { server, token, certificateAuthority }: SandboxCluster,
  plural: "backups" | "restores" = "backups",
): BackupWatch {
  const begun = new Map<string, number>();
  const ended = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const call = request(
    `${server}/apis/velero.io/v1/namespaces/velero/${plural}?watch=true`,
    { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` } },
    (response) => {
      const lines = createInterface({ input: response });
      // Destroyed in the end, it ends as a broken connection.
      lines.on("error", () => undefined);
      lines.on("line", (line) => {
        const now = performance.now();
        const { object } = JSON.parse(line) as {
          object: { metadata: { name: string }; status?: { phase?: string } };
        };
        const { name } = object.metadata;
        if (!begun.has(name)) begun.set(name, now);
        if (!ENDED.includes(object.status?.phase ?? "") || ended.has(name)) return;
        ended.set(name, now);
        waiting.get(name)?.(now);
      });
    },
  );
  call.on("error", () => undefined);
  call.end();
  return {
    beginOf: (name) => begun.get(name) ?? Number.NaN,
    endOf: (name) =>
      new Promise((resolve) => {
        const known = ended.get(name);
        if (known === undefined) waiting.set(name, resolve);
        else resolve(known);
      }),
    stop: () => void call.destroy(),
  };
}
