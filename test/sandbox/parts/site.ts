import type { Binaries } from "../build/ensure-binaries.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** Where a sandbox is being put up, and with what. */
export interface Site {
  dir: string;
  binaries: Binaries;
  supervisor: Supervisor;
  signal?: AbortSignal | undefined;
}
