import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../errors.ts";
import type { Backup } from "../../velero/types.ts";
import type { BlindKind } from "./blind-kinds.ts";
import type { Circumstances } from "./take-backup.ts";

/** So often Velero looks at what the API serves (velero `pkg/cmd/server/server.go`, initDiscoveryHelper), and how long that takes at most. */
const REFRESH_MS = 300_000;
const MARGIN_MS = 30_000;

interface How extends Pick<Circumstances, "deadline" | "progress" | "now"> {
  place: string;
  /** No other backup is taken after this one. */
  isLast: boolean;
}

/**
 * Waits until Velero must have seen the kinds that a backup lacks, so that another one can be taken. Fails where the
 * deadline comes before that, and where it must have seen them already.
 */
export async function outwaitDiscovery(
  { status = {} }: Backup,
  blind: readonly BlindKind[],
  { place, isLast, deadline, progress, now }: How,
): Promise<void> {
  const seenAt = Math.max(...blind.map(({ definedAt }) => definedAt.getTime())) + REFRESH_MS + MARGIN_MS;
  const lacks = `${place} is Completed, and yet holds none of ${blind.map(inWords).join(", ")}`;
  if (isLast || Date.parse(status.startTimestamp ?? "") > seenAt)
    throw new Problem({
      code: "BlindBackup",
      what: `${lacks}: Velero should have seen by then that the API serves it, and has not`,
      todo: "See its log, restart its server (kubectl rollout restart deployment/velero) and run up again, which takes another.",
    });
  // The cluster's clock counts, as far as it is known: this program's may be behind.
  const today = Math.max(now().getTime(), Date.parse(status.completionTimestamp ?? "") || 0);
  const [remaining, time] = [seenAt - today, new Date(seenAt).toISOString().slice(11, 19)];
  if (remaining > (deadline.endsAt ?? Number.POSITIVE_INFINITY) - now().getTime())
    throw new Problem({
      code: "BlindBackup",
      what: `${lacks}: Velero looks every five minutes at what the API serves, and had not seen it yet`,
      todo: `Run up again after ${time}Z, which takes another; or restart Velero's server and run it at once. With a longer ${deadline.name} it waits for that by itself.`,
    });
  if (remaining <= 0) return;
  const kinds = blind.map(({ groupResource }) => groupResource).join(", ");
  progress.report(
    `${place} holds none of ${kinds}, and is rejected: Velero looks every five minutes at what the API serves`,
    `another is taken at ${time}Z`,
  );
  try {
    await sleep(remaining, undefined, { signal: deadline.signal });
  } finally {
    progress.stop();
  }
}

const inWords = ({ groupResource, definedAt, example }: BlindKind): string =>
  `${groupResource} (${example}; defined at ${definedAt.toISOString().slice(11, 19)}Z)`;
