const heartbeatMs = 30_000;

export interface ProgressStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Says how far the work is; shown at the next turn of the line. */
  update(detail: string): void;
  finish(outcome: string): void;
}

/** `8s`, `2m 05s`, `1h 02m`. */
export function formatElapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

export function formatProgress(label: string, detail: string, elapsedMs: number): string {
  return `sandbox: ${label}${detail ? `: ${detail}` : ""} (${formatElapsed(elapsedMs)})`;
}

/** One line that counts the time: updated in place on a terminal, else a line at the start, every 30 seconds and at the end. */
export function startProgress(label: string, stream: ProgressStream = process.stderr): Progress {
  const started = Date.now();
  let detail = "";
  const line = (text: string) => formatProgress(label, text, Date.now() - started);

  const show = stream.isTTY
    ? (text: string, end = "") => stream.write(`\r\u001b[2K${line(text)}${end}`)
    : (text: string) => stream.write(`${line(text)}\n`);

  show("started");
  const timer = setInterval(() => show(detail), stream.isTTY ? 1000 : heartbeatMs);
  timer.unref();

  return {
    update(next) {
      detail = next;
    },
    finish(outcome) {
      clearInterval(timer);
      show(outcome, "\n");
    },
  };
}
