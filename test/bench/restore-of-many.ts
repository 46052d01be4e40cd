import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startManyObjects } from "./many-objects.ts";
import { round } from "./statistics.ts";

interface RestoreOfMany {
  objects: number;
  /** Of the objects as JSON, and of the backup's file. */
  megabytes: { objects: number; tarball: number };
  phases: Phase[];
  method: string;
}

interface Phase {
  phase: "plan" | "planToUpdate" | "verify";
  seconds: number;
  /** At the highest, of a process that does nothing else. */
  peakMb: number;
  counted: object;
}

const PHASES = ["plan", "planToUpdate", "verify"] as const;

/** The looks of a Restore of many objects at a target that has all of them: what they take of time and memory. */
export async function measureRestoreOfMany(
  objects: number,
  progress: (line: string) => void,
): Promise<RestoreOfMany> {
  const many = await startManyObjects(objects);
  const phases: Phase[] = [];
  try {
    for (const phase of PHASES) {
      const looker = fileURLToPath(new URL("look-at-many.ts", import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [looker, many.url, phase]);
      phases.push({ phase, ...(JSON.parse(stdout) as Omit<Phase, "phase">) });
      progress(`restore of ${objects} objects: ${phase}: ${stdout}`);
    }
  } finally {
    many.stop();
  }
  return {
    objects,
    megabytes: { objects: round(many.bytes.objects / 1e6), tarball: round(many.bytes.tarball / 1e6) },
    phases,
    method:
      "ConfigMaps and Secrets of 20 namespaces, made up by a server that speaks as an API server and as a store; each look in a process of its own, whose memory is measured by Node's resourceUsage",
  };
}
