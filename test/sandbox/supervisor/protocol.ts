/** A process that the supervisor runs: everything it needs, as plain JSON. */
export interface ProcessSpec {
  command: string;
  args: string[];
  env: Record<string, string | undefined>;
  cwd?: string;
}

export interface ProcessStatus {
  pid?: number;
  running: boolean;
  /** How it ended: an exit code, a signal, or why it could not be started. */
  ended?: string;
  logPath: string;
}

/** How any process of the machine reaches a supervisor. */
export interface SupervisorAddress {
  url: string;
  token: string;
  pid: number;
}

/** What a supervisor says on its standard output once it listens. */
export interface SupervisorHello {
  port: number;
}

/** How a process is ended: asked first, or killed as by a power cut. */
export type StopSignal = "SIGTERM" | "SIGKILL";
