import type { Notices, Progress } from "./notices.ts";

/**
 * The progress of many parts as one: the number of completed parts, and the phases of some others. A single part
 * reports itself.
 */
interface PartsProgress {
  of(cluster: string): Progress;
  done(cluster: string): void;
  stop(): void;
}

const PARTS_SHOWN = 3;

export function followParts(notices: Notices, resource: string, clusters: number): PartsProgress {
  const whole = notices.startProgress(resource);
  const underWay = new Map<string, string>();
  let done = 0;
  function report(): void {
    const words = [...underWay].slice(0, PARTS_SHOWN).map(([cluster, at]) => `${cluster}: ${at}`);
    const more = underWay.size - words.length;
    whole.report(
      `${done} of ${clusters} clusters done`,
      words.join("; ") + (more > 0 ? `; and ${more} more under way` : ""),
    );
  }
  return {
    of: (cluster) => ({
      report(phase, details) {
        if (clusters === 1) return whole.report(phase, details);
        underWay.set(cluster, details ? `${phase}, ${details}` : phase);
        report();
      },
      stop: () => undefined,
    }),
    done(cluster) {
      underWay.delete(cluster);
      done += 1;
      if (clusters > 1) report();
    },
    stop: () => whole.stop(),
  };
}
